"""The console script `cellar`: finds Node and becomes the command line of the bridge."""

from __future__ import annotations

import os
import sys

from .wheel_node import FLOOR, wheel_node

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bridge", "cli.mjs")


def main() -> int:
    """Runs `cli.mjs` with our arguments. Exit code: the program's own; 255, as DVC's for any error, without Node."""
    node = quick_node() or searched_node()
    if node is None:
        return 255
    if not os.path.isfile(PROGRAM):
        print(f"ERROR: {PROGRAM} is missing.\n  Next: pip install --force-reinstall jupyterlab-cellar", file=sys.stderr)
        return 255
    argv = [node, PROGRAM, *sys.argv[1:]]
    # The interpreter for stages, when neither the project nor the notebook names another.
    env = {"CELLAR_PYTHON": sys.executable, **os.environ}
    if os.name == "nt":
        import subprocess

        return subprocess.run(argv, env=env, check=False).returncode
    os.execve(node, argv, env)


def quick_node() -> str | None:
    """The Node that nearly everyone has, without a process or a slow import; None when it has to be searched for."""
    wheel = None if os.environ.get("CELLAR_NODE") else wheel_node()
    return wheel[0] if wheel and wheel[1] and wheel[1][:2] >= FLOOR else None


def searched_node() -> str | None:
    """Any other that is new enough; without one it says on stderr what was tried and what to do."""
    from .node import NodeMissing, find_node

    try:
        return find_node().path
    except NodeMissing as missing:
        print(f"ERROR: {missing}\n  Next: {missing.fix}", file=sys.stderr)
        return None


if __name__ == "__main__":
    raise SystemExit(main())
