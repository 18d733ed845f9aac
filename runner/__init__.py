"""Sources of the runner. `build.py` joins them into `dist/run.py`, the one file that is copied into users' repositories."""
