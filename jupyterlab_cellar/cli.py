"""The console script `cellar`: finds Node and becomes the command line of the bridge."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .node import NodeMissing, find_node

PROGRAM = Path(__file__).parent / "bridge" / "cli.mjs"


def main() -> int:
    """Runs `cli.mjs` with our arguments. Exit code: the program's own; 255, as DVC's for any error, without Node."""
    try:
        node = find_node()
    except NodeMissing as missing:
        print(f"ERROR: {missing}\n  Next: {missing.fix}", file=sys.stderr)
        return 255
    if not PROGRAM.is_file():
        print(f"ERROR: {PROGRAM} is missing.\n  Next: pip install --force-reinstall jupyterlab-cellar", file=sys.stderr)
        return 255
    argv = [node.path, str(PROGRAM), *sys.argv[1:]]
    # The interpreter for stages, when neither the project nor the notebook names another.
    env = {"CELLAR_PYTHON": sys.executable, **os.environ}
    if os.name == "nt":
        return subprocess.run(argv, env=env, check=False).returncode
    os.execve(node.path, argv, env)


if __name__ == "__main__":
    raise SystemExit(main())
