"""`make demo`: makes the demo project in `demo/`, reproduces its notebook, and opens JupyterLab on it.

`demo.py --lab [FOLDER]` only opens JupyterLab: on FOLDER, or on the demo project, which is made first when needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
NOTEBOOK = "analysis.ipynb"


def make_demo() -> None:
    """A git repository with two versions of the penguins; one that is there already is kept as it is."""
    if (DEMO / ".dvc").is_dir():
        print(f"The demo project is in {DEMO}; remove the folder to begin anew.", flush=True)
        return
    print(f"Making the demo project in {DEMO}", flush=True)
    # What an interrupted attempt has left is in the way of the next one.
    shutil.rmtree(DEMO, ignore_errors=True)
    subprocess.run([sys.executable, ROOT / "examples" / "penguins" / "make_project.py", DEMO], check=True)


def lab_command(folder: Path, notebook: str | None) -> list[str]:
    allow_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    target = str(folder / notebook) if notebook else str(folder)
    return [str(Path(sys.executable).parent / "jupyter"), "lab", *allow_root, target]


def open_lab(folder: Path, notebook: str | None) -> int:
    """Becomes JupyterLab where someone can see it; else prints the one command."""
    command = lab_command(folder, notebook)
    if sys.stdin.isatty() and sys.stdout.isatty():
        print("Opening JupyterLab; end it with Ctrl+C.", flush=True)
        return subprocess.run(command, check=False).returncode
    print("\nTo see it in JupyterLab:\n  " + " ".join(command), flush=True)
    return 0


def main() -> int:
    if "--lab" in sys.argv:
        folders = [Path(word).resolve() for word in sys.argv[1:] if word != "--lab"]
        if folders:
            return open_lab(folders[0], None)
        make_demo()
        return open_lab(DEMO, NOTEBOOK)
    make_demo()
    print(f"$ cellar reproduce {NOTEBOOK}", flush=True)
    code = subprocess.run(["cellar", "reproduce", NOTEBOOK], cwd=DEMO, check=False).returncode
    return code or open_lab(DEMO, NOTEBOOK)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except subprocess.CalledProcessError as failed:
        raise SystemExit(failed.returncode) from None
