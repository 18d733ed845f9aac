from __future__ import annotations

import json
import math
import os
import select
from typing import Any

EVENT_VERSION = 1


class EventLog:
    """JSON lines to `CELLAR_EVENTS`, a path or `fd:N` (N44); each line leaves in one unbuffered write."""

    def __init__(self, target: str) -> None:
        if target.startswith("fd:"):
            self.fd = int(target[3:])
        else:
            self.fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.set_inheritable(self.fd, False)

    def emit(self, event: str, block: int, **fields: Any) -> None:
        """Write one event; a reader that went away ends the log, never the stage."""
        if self.fd < 0:
            return
        line = dump_json({"v": EVENT_VERSION, "event": event, "block": block, **fields}) + "\n"
        rest = memoryview(line.encode("ascii"))
        while rest:
            try:
                rest = rest[os.write(self.fd, rest) :]
            except BlockingIOError:
                select.select([], [self.fd], [])
            except OSError:
                self.fd = -1
                return

    def leave(self) -> None:
        """In a forked child: never write into the parent's log."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def dump_json(value: Any) -> str:
    """ASCII JSON on one line that every JSON reader takes: NaN and infinities become null, the unknown its repr."""
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return json.dumps(plain_json(value), allow_nan=False)


def plain_json(value: Any) -> Any:
    """`value` with only what JSON has: str keys, finite numbers."""
    if isinstance(value, dict):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(item) for item in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return repr(value)
