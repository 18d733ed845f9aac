"""N41, N47: one file, the same bytes always, standard library only, Python 3.9 and newer."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BUILT, LIMIT_SECONDS, ROOT, Project


def pythons() -> list[str]:
    """Interpreters of this machine from 3.9 on, one of each minor version: on PATH, and where pyenv keeps them."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    names = [
        sys.executable,
        *(f"python3.{minor}" for minor in range(9, 16)),
        *map(str, sorted(kept.glob("3*/bin/python3"))),
    ]
    found: dict[str, str] = {}
    for name in names:
        path = shutil.which(name)
        if path is not None:
            done = subprocess.run(
                [path, "-c", "import sys; print(*sys.version_info[:2])"],
                capture_output=True,
                text=True,
                timeout=LIMIT_SECONDS,
            )
            if done.returncode == 0 and tuple(map(int, done.stdout.split())) >= (3, 9):
                found.setdefault(done.stdout.strip(), path)
    return list(found.values())


def test_the_built_file_is_what_the_sources_make() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "runner/build.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stderr


def test_the_built_file_is_published() -> None:
    known = json.loads((ROOT / "runner/published.json").read_text())["sha256"]
    assert known[-1] == hashlib.sha256(BUILT.read_bytes()).hexdigest()


def test_the_built_file_does_not_depend_on_the_hash_seed() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import build, hashlib; print(hashlib.sha256(build.join().encode()).hexdigest())"
    seeds = ("0", "1", "77")
    found = {
        subprocess.run(
            [sys.executable, "-c", code, str(ROOT / "runner")],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        ).stdout
        for seed in seeds
    }
    assert found == {hashlib.sha256(BUILT.read_bytes()).hexdigest() + "\n"}


def test_it_is_plain_ascii_free_of_carriage_returns_and_parses_as_3_9() -> None:
    data = BUILT.read_bytes()
    assert b"\r" not in data and data.endswith(b"\n")
    ast.parse(data, feature_version=(3, 9))


def test_it_needs_the_standard_library_only() -> None:
    """Top-level imports are of the standard library; the libraries it can use are imported where they are needed."""
    tree = ast.parse(BUILT.read_bytes())
    names = {
        (alias.name if isinstance(node, ast.Import) else node.module or "").partition(".")[0]
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert names <= sys.stdlib_module_names | {"__future__"}


@pytest.mark.parametrize("python", pythons())
def test_it_runs_under(project: Project, python: str) -> None:
    (project.folder / "params.yaml").write_text("lr: 0.5\n")
    blocks = [
        "import dataclasses, asyncio\nvalue = {'a': (1, {2, 3}), 'b': lr}\nvalue",
        "await asyncio.sleep(0)\nimport os\nos.system('echo child');",
        "import multiprocessing\nwith multiprocessing.get_context('spawn').Pool(1) as pool:\n    print(pool.map(double, [2]))",
    ]
    script = project.script(
        blocks,
        "from __future__ import annotations\ndef double(n: int | None):\n    return n * 2",
        vars_out=["value"],
        bound_in={"value": 0},
        params={"lr": {"key": "lr", "type": "float"}},
    )
    ran = project.run(script, python=python)
    assert ran.code == 0, (ran.error, ran.stderr)
    assert ran.text() == "child\n[4]\n"
    assert project.variable("value") == {"a": (1, {2, 3}), "b": 0.5}
    assert ran.recorded is not None and ran.recorded["undeclared"] == ["process"]


def test_serial_can_be_imported_alone(tmp_path: Path) -> None:
    code = "from runner.serial import dump, load; print(load(dump({'a': (1,)})[1]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.stdout == "{'a': (1,)}\n", done.stderr
