"""Makes the wheel in `dist/`: a clean production build, then one `py3-none-any` file with all that a user needs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
OUTPUTS = ("labextension", "bridge")


def move(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        source.rename(target)


def main() -> None:
    package, kept = ROOT / "jupyterlab_cellar", ROOT / "build" / "development"
    kept.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(DIST, ignore_errors=True)
    # The development build is put back afterwards: a running JupyterLab serves it.
    for name in OUTPUTS:
        move(package / name, kept / name)
    try:
        subprocess.run(["npm", "run", "--silent", "build:prod"], cwd=ROOT, check=True)
        subprocess.run(["uv", "build", "--quiet", "--wheel", "--no-build-isolation"], cwd=ROOT, check=True)
    finally:
        for name in OUTPUTS:
            if (kept / name).exists():
                move(kept / name, package / name)
    for wheel in DIST.glob("*.whl"):
        print(f"{wheel.relative_to(ROOT)}  {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
