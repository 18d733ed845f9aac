"""Makes the environment of the project: `.venv` with Python packages and Node, and `node_modules`.

Standard library only; started by `setup.sh`. Can be repeated: what is there and belongs to the present
`pyproject.toml` and `package-lock.json` is kept. It shows every command that it runs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bootstrap_pip import fetch_pip

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"


def run(*argv: str | Path, check: bool = True, quiet: bool = False, **extra: str) -> bool:
    """Runs one command in the project with `.venv/bin` first on PATH; ends the set-up when it fails and `check`."""
    words = [str(word) for word in argv]
    if not quiet:
        print("  $", " ".join(word.replace(f"{ROOT}/", "") for word in words), flush=True)
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '/usr/bin:/bin')}", **extra}
    env.pop("PYTHONHOME", None)
    done = subprocess.run(words, cwd=ROOT, env=env, check=False, stdout=subprocess.DEVNULL if quiet else None)
    if check and done.returncode:
        raise SystemExit(f"Set-up stopped: `{words[0]}` ended with {done.returncode}.")
    return done.returncode == 0


def fingerprint(*names: str) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def done_before(step: str, mark: str) -> bool:
    stamp = VENV / f".done-{step}"
    return stamp.is_file() and stamp.read_text() == mark


def remember(step: str, mark: str) -> None:
    (VENV / f".done-{step}").write_text(mark)


def make_venv() -> None:
    """A virtual environment with pip, also where Python has no `ensurepip` (Debian without python3-venv)."""
    if PYTHON.exists() and run(PYTHON, "-m", "pip", "--version", check=False, quiet=True):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        import ensurepip
        import venv
    except ImportError:
        ensurepip = None
    else:
        del venv
    if ensurepip and run(sys.executable, "-m", "venv", VENV, check=False):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if not run(sys.executable, "-m", "venv", "--without-pip", VENV, check=False):
        raise SystemExit(f"{sys.executable} cannot make a virtual environment.\n  Next: sudo apt install python3-venv")
    try:
        wheel = fetch_pip(VENV)
    except OSError as error:
        raise SystemExit(f"pip could not be fetched: {error}\n  Next: sudo apt install python3-venv") from error
    run(PYTHON, wheel / "pip", "install", "--quiet", wheel)


def pip_setting(name: str) -> str | None:
    """A setting of pip's configuration: uv does not read it, but a machine behind a mirror has its address there."""
    argv = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        if key.endswith(f".{name}"):
            return value.strip("'\" ")
    return None


def install_python_packages() -> None:
    mark = fingerprint("pyproject.toml")
    if done_before("python", mark):
        return
    pip = (PYTHON, "-m", "pip")
    wanted = ("-r", "pyproject.toml", "--extra", "dev", "--extra", "test")
    index, certificates = pip_setting("index-url"), pip_setting("cert")
    more = {"SSL_CERT_FILE": certificates} if certificates else {}
    chosen = ("--index-url", index) if index else ()
    run(*pip, "install", "--quiet", "--upgrade", "pip", "uv")
    if not any(run(BIN / "uv", "pip", "install", "--quiet", *chosen, *wanted, check=False, **more) for _ in range(2)):
        print("  uv could not do it; once more with pip", flush=True)
        run(*pip, "install", "--quiet", *requirements())
    remember("python", mark)


def requirements() -> list[str]:
    """What the project and both extras require, for pip: it does not read `pyproject.toml` without building."""
    code = (
        "from pip._vendor import tomli; p = tomli.load(open('pyproject.toml', 'rb'))['project'];"
        "print(*p['dependencies'], *p['optional-dependencies']['dev'], *p['optional-dependencies']['test'], sep='\\n')"
    )
    argv = [str(PYTHON), "-c", code]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def install_node_packages() -> None:
    mark = fingerprint("package-lock.json")
    if done_before("node", mark) and (ROOT / "node_modules").is_dir():
        return
    # A registry now and then denies a version that exists (ETARGET): once more before giving up.
    # The authorities that the machine trusts, as pip and git do, not only those that came with Node.
    more = {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1", "NODE_USE_SYSTEM_CA": "1"}
    if not run(BIN / "npm", "ci", check=False, **more):
        print("  npm ci failed; once more", flush=True)
        run(BIN / "npm", "ci", **more)
    remember("node", mark)


def build() -> None:
    """Builds browser part and bridge, and installs the package so that a rebuild shows without a new install."""
    labextension = ROOT / "jupyterlab_cellar" / "labextension"
    run(BIN / "npm", "run", "--silent", "build")
    mark = fingerprint("pyproject.toml", "package.json")
    if not done_before("editable", mark):
        options = ("--quiet", "--no-deps", "--no-build-isolation", "--editable", ".")
        labextension.mkdir(parents=True, exist_ok=True)
        run(BIN / "uv", "pip", "install", *options, SKIP_JUPYTER_BUILDER="1")
        run(BIN / "jupyter-builder", "develop", ".", "--overwrite")
        remember("editable", mark)


STEPS = {
    "Python environment": make_venv,
    "Python packages": install_python_packages,
    "Node packages": install_node_packages,
    "Build": build,
}


def main() -> None:
    chosen = [name for name in STEPS if "--no-build" not in sys.argv or name != "Build"]
    for number, name in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {name}", flush=True)
        STEPS[name]()


if __name__ == "__main__":
    main()
