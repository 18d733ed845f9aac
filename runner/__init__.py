"""Sources of the runner. `build.py` joins them into `dist/run.py`, which is copied into users' repositories."""
