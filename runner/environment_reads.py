from __future__ import annotations

import os
from typing import Any

from .watch import Watch
from .watch_callers import environment_read_by_user


def watch_environment(watch: Watch) -> None:
    """Note reads of environment variables by the script and the project's modules, by name only (N27)."""
    kind = type(os.environ)
    read, write = kind.__getitem__, kind.__setitem__
    own: set = set()

    def __getitem__(self: Any, key: str) -> str:
        if watch.enabled and key not in own and isinstance(key, str) and environment_read_by_user(watch.places):
            watch.note("kind", f"environ:{key}")
        return read(self, key)

    def __setitem__(self: Any, key: str, value: str) -> None:
        if watch.enabled and isinstance(key, str):
            own.add(key)
        write(self, key, value)

    kind.__getitem__ = __getitem__  # type: ignore[method-assign]
    kind.__setitem__ = __setitem__  # type: ignore[method-assign]
