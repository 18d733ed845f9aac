"""Stages made by hand: a project folder, a script with its header, and a run of the built file."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "runner" / "dist" / "run.py"
sys.path.insert(0, str(ROOT))
LIMIT_SECONDS = 120


@dataclass
class Ran:
    """What a run left behind."""

    code: int
    stdout: str
    stderr: str
    events: list[dict[str, Any]] = field(default_factory=list)
    recorded: dict[str, Any] | None = None

    def of(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == name]

    @property
    def error(self) -> dict[str, Any]:
        return self.of("error")[0]

    @property
    def done(self) -> dict[str, Any]:
        return self.of("done")[0]

    def text(self, name: str = "stdout") -> str:
        return "".join(event["text"] for event in self.of("stream") if event["name"] == name)


class Project:
    """A project with one notebook `nb`, whose stages are written as text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".dvc").mkdir()
        (folder / ".cellar" / "nb").mkdir(parents=True)
        (folder / ".cellar" / "run.py").write_bytes(BUILT.read_bytes())

    def script(self, blocks: list[str], setup: str = "", stage: str = "s", **header: Any) -> str:
        """Write a stage script; names in `header` replace what is made here. The script's path in the project."""
        lines = ["# fmt: off  # ruff: noqa  # isort: skip_file", *(setup.strip("\n").split("\n") if setup else [])]
        starts = []
        for block in blocks:
            lines.append("# %%")
            starts.append(len(lines) + 2)
            lines.extend(block.strip("\n").split("\n"))
        body = "\n".join(lines) + "\n"
        head: dict[str, Any] = {
            "v": 1, "semantics": 1, "notebook": "nb.ipynb", "stage": stage, "vars_in": {}, "vars_out": {}, "files_in": [],
            "files_out": [], "ignore": [], "params": {}, "outputs": f".cellar/nb/outputs/{stage}.json", "blocks": starts,
            "bound_in": {}, "md5": hashlib.md5(body.encode()).hexdigest(),
        }  # fmt: skip
        for key in ("vars_in", "vars_out"):
            if isinstance(header.get(key), (list, tuple)):
                producer = stage if key == "vars_out" else "before"
                header[key] = {name: f".cellar/nb/vars/{producer}/{name}.var" for name in header[key]}
        head.update(header)
        path = f".cellar/nb/{stage}.py"
        (self.folder / path).write_bytes(f"# cellar: {json.dumps(head)}\n{body}".encode())
        return path

    def run(self, script: str, events: bool = True, python: str = sys.executable, **environ: str) -> Ran:
        """Run a script to its end."""
        log = self.folder.parent / "events.jsonl"
        log.unlink(missing_ok=True)
        env = self.environ(**({"CELLAR_EVENTS": str(log)} if events else {}), **environ)
        done = subprocess.run(
            [python, ".cellar/run.py", script],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
        lines = log.read_text().splitlines() if log.exists() else []
        recorded = self.folder / ".cellar/nb/outputs" / (Path(script).stem + ".json")
        return Ran(
            done.returncode,
            done.stdout,
            done.stderr,
            [json.loads(line) for line in lines],
            json.loads(recorded.read_text()) if recorded.exists() else None,
        )

    def environ(self, **more: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("CELLAR_", "PYTHONHASHSEED"))}
        return {**kept, **more}

    def stage(self, blocks: list[str], setup: str = "", environ: dict[str, str] | None = None, **header: Any) -> Ran:
        """Write a script and run it with events."""
        return self.run(self.script(blocks, setup, **header), **(environ or {}))

    def variable(self, name: str, stage: str = "s") -> Any:
        from runner.serial import load_file

        return load_file(str(self.path(name, stage)))

    def save(self, name: str, value: Any, stage: str = "before") -> None:
        from runner.serial import dump

        self.path(name, stage).parent.mkdir(parents=True, exist_ok=True)
        self.path(name, stage).write_bytes(dump(value)[1])

    def path(self, name: str, stage: str = "s") -> Path:
        return self.folder / ".cellar/nb/vars" / stage / f"{name}.var"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)
