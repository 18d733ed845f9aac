"""Makes the demo project: a git repository with two versions of the data as two tagged commits.

python make_project.py FOLDER        FOLDER must not exist or be empty; `cellar` and `git` are taken from PATH
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
AUTHOR = ["-c", "user.name=Penguin demo", "-c", "user.email=demo@cellar.invalid"]
IGNORED = ".ipynb_checkpoints/\n__pycache__/\n"


def run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def commit(folder: Path, tag: str, message: str) -> None:
    run(folder, "git", "add", "--all")
    run(folder, "git", *AUTHOR, "commit", "--quiet", "--message", message)
    run(folder, "git", *AUTHOR, "tag", "--annotate", tag, "--message", message)


def take_data(folder: Path, version: str) -> None:
    (folder / "data").mkdir(exist_ok=True)
    target = folder / "data" / "penguins.csv"
    target.unlink(missing_ok=True)
    shutil.copyfile(HERE / "data" / version / "penguins.csv", target)
    run(folder, "cellar", "add", "data/penguins.csv")


def make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        sys.exit(f"{folder} is not empty; choose another folder or remove it first")
    run(folder, "git", "init", "--quiet", "--initial-branch=main")
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    run(folder, "cellar", "init", "--quiet")
    for name in ("features.py", "analysis.ipynb"):
        shutil.copyfile(HERE / name, folder / name)
    take_data(folder, "v1")
    commit(folder, "v1", "Raw file of the first two seasons")
    take_data(folder, "v2")
    commit(folder, "v2", "Rows corrected and the season of 2009 added")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    make(parser.parse_args().folder.resolve())


if __name__ == "__main__":
    main()
