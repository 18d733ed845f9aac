"""What a user gets: the wheel in a fresh environment, beside JupyterLab, on a machine without Node."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ("git", "sh", "env", "uname")


def the_wheel() -> Path:
    wheels = list((ROOT / "dist").glob("*.whl"))
    assert len(wheels) == 1, "run `make wheel` first"
    return wheels[0]


class Machine:
    """A user's environment: nothing on PATH but its own programs and a few of the system, and an empty home."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "venv" / "bin"
        self.work = folder / "work"
        self.work.mkdir()
        (folder / "tools").mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, tool
            (folder / "tools" / tool).symlink_to(found)
        self.env = {"PATH": f"{self.bin}:{folder / 'tools'}", "HOME": str(folder), "LANG": "C.UTF-8"}

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(self.bin / argv[0]) if (self.bin / argv[0]).exists() else argv[0], *argv[1:]],
            cwd=self.work,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, f"{argv}: {done.stdout}\n{done.stderr}"
        return done


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    folder = tmp_path_factory.mktemp("machine")
    one = Machine(folder)
    uv = shutil.which("uv")
    assert uv
    subprocess.run([uv, "venv", "--quiet", str(folder / "venv")], check=True, timeout=120)
    pip = [sys.executable, "-m", "pip", "--python", str(one.bin / "python"), "install", "--quiet"]
    subprocess.run([*pip, str(the_wheel()), "jupyterlab>=4.6"], check=True, timeout=900)
    return one


def test_is_one_wheel_for_every_platform_with_all_parts() -> None:
    wheel = the_wheel()
    assert wheel.name.endswith("-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for part in ("main.mjs", "cli.mjs", "worker.mjs", "run.py", "published.json", "THIRD-PARTY-LICENSES.txt"):
        assert f"jupyterlab_cellar/bridge/{part}" in names
    assert any(name.endswith("labextensions/jupyterlab-cellar/package.json") for name in names)
    assert any(name.endswith("jupyter_server_config.d/jupyterlab_cellar.json") for name in names)
    assert [name for name in names if name.endswith(".map") or "/tests/" in name] == []


def test_there_is_no_node_on_path(machine: Machine) -> None:
    assert shutil.which("node", path=machine.env["PATH"]) is None


def test_jupyter_knows_both_extensions(machine: Machine) -> None:
    lab = machine.run("jupyter", "labextension", "list")
    assert any("jupyterlab-cellar" in line and "OK" in line for line in (lab.stdout + lab.stderr).splitlines())
    server = machine.run("jupyter", "server", "extension", "list")
    text = server.stdout + server.stderr
    assert "jupyterlab_cellar enabled" in text.replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert any("jupyterlab_cellar" in line and "OK" in line for line in text.splitlines())


def test_the_command_line_works(machine: Machine) -> None:
    assert machine.run("cellar", "version").stdout.startswith("Cellar version: 0.")
    machine.run("git", "init", "--quiet")
    machine.run("cellar", "init")
    (machine.work / "data.csv").write_text("a,b\n1,2\n")
    machine.run("cellar", "add", "data.csv")
    recorded = (machine.work / "data.csv.dvc").read_text()
    assert "md5: e5ebd4c02cefbe7955977c67ada242b7" in recorded and "path: data.csv" in recorded
    assert "/data.csv" in (machine.work / ".gitignore").read_text()
