"""Story 8: plain `dvc` runs stage scripts, records them, and finds nothing to do the second time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import LIMIT_SECONDS, Project

PIPELINE = """
stages:
  make:
    cmd: python .cellar/run.py .cellar/nb/make.py
    deps: [.cellar/nb/make.py]
    params: [lr]
    outs: [.cellar/nb/outputs/make.json, .cellar/nb/vars/make/df.var, .cellar/nb/vars/make/names.var]
  use:
    cmd: python .cellar/run.py .cellar/nb/use.py
    deps: [.cellar/nb/use.py, .cellar/nb/vars/make/df.var]
    outs: [.cellar/nb/outputs/use.json]
    metrics: [{metrics.json: {cache: false}}]
"""


def dvc(folder: Path, *arguments: str, environ: dict[str, str]) -> str:
    path = f"{Path(sys.executable).parent}:{environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=folder,
        env={**environ, "PATH": path, "DVC_NO_ANALYTICS": "1"},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_plain_dvc(project: Project) -> None:
    folder, environ = project.folder, project.environ()
    (folder / ".dvc").rmdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True, timeout=LIMIT_SECONDS)
    dvc(folder, "init", "-q", environ=environ)
    (folder / "params.yaml").write_text("lr: 2\n")
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / ".cellar" / ".gitignore").write_text("!*\n/*/vars/\n/*/outputs/\n")
    project.script(
        ["import pandas as pd\ndf = pd.DataFrame({'a': [1.0, lr]})\nnames = {'b', 'a'}\ndf"],
        stage="make",
        vars_out=["df", "names"],
        bound_in={"df": 0, "names": 0},
        params={"lr": {"key": "lr", "type": "float"}},
    )
    project.script(
        ["import json\nwith open('metrics.json', 'w') as f:\n    json.dump({'sum': float(df['a'].sum())}, f)"],
        stage="use",
        vars_in={"df": ".cellar/nb/vars/make/df.var"},
        files_out=["metrics.json"],
    )
    dvc(folder, "repro", environ=environ)
    assert (folder / "metrics.json").read_text() == '{"sum": 3.0}'
    lock = (folder / "dvc.lock").read_text()
    assert dvc(folder, "status", environ=environ) == "Data and pipelines are up to date.\n"
    assert "Running stage" not in dvc(folder, "repro", environ=environ)
    dvc(folder, "repro", "-f", environ=environ)
    assert (folder / "dvc.lock").read_text() == lock  # a forced run changes nothing
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "add", "-A"], check=True, timeout=LIMIT_SECONDS)
    subprocess.run([*git, "commit", "-q", "-m", "run"], check=True, timeout=LIMIT_SECONDS)
    dvc(folder, "exp", "run", "-S", "lr=3", environ=environ)
    assert (folder / "metrics.json").read_text() == '{"sum": 4.0}'
