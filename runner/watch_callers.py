from __future__ import annotations

import os
import sys
from typing import Any

from .tracebacks import is_own

FINDERS = ("importlib", "importlib_metadata", "pkgutil", "zipimport", "pkg_resources")
SOURCE_READERS = ("linecache", "tokenize", "inspect", "traceback")
CALLS_THROUGH = (
    "subprocess",
    "os",
    "posixpath",
    "ntpath",
    "_collections_abc",
    "collections",
    "asyncio",
    "concurrent",
    "contextlib",
    "runpy",
)
SHELLS = ("IPython.utils", "IPython.core")


def from_import_system(path: str) -> bool:
    """True if Python itself looks: for modules, for their metadata, or for source lines to show in a traceback."""
    frame = _caller()
    name = frame.f_globals.get("__name__", "") if frame else ""
    if name.partition(".")[0] in FINDERS or (frame and frame.f_code.co_filename.startswith("<frozen importlib")):
        return True
    return path.endswith(".py") and name in SOURCE_READERS


def from_user_code(places: Any) -> bool:
    """True if the first caller that is no go-between is the script or a module of the project."""
    frame = _caller()
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith(SHELLS):
            return True
        if name.partition(".")[0] not in CALLS_THROUGH:
            return _is_user(frame, places)
        frame = frame.f_back
    return False


def environment_read_by_user(places: Any) -> bool:
    """True if the script or a module of the project asks for a variable, itself or through `get` and `getenv`."""
    frame = _caller()
    while frame is not None and frame.f_globals.get("__name__") in ("os", "collections.abc", "_collections_abc"):
        if frame.f_code.co_name not in ("get", "getenv", "__contains__"):
            return False
        frame = frame.f_back
    return frame is not None and _is_user(frame, places) and _names_environment(frame)


def _names_environment(frame: Any) -> bool:
    """False if the frame only called C code that asked: such code has no frame of its own."""
    names = frame.f_code.co_names
    known = {**frame.f_globals, **frame.f_locals}
    return (
        "environ" in names
        or "getenv" in names
        or any(known.get(name) is os.environ for name in (*names, *frame.f_locals))
    )


def _is_user(frame: Any, places: Any) -> bool:
    filename = frame.f_code.co_filename
    if frame.f_globals.get("__name__") in ("__main__", "__mp_main__"):
        return True
    return not filename.startswith("<") and places.inside(os.path.abspath(filename))


def _caller() -> Any:
    """The frame that caused the audit event: the first one outside the runner."""
    frame: Any = sys._getframe(2)
    while frame is not None and _is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _is_own(filename: str) -> bool:
    known = KNOWN_FILES.get(filename)
    if known is None:
        known = KNOWN_FILES[filename] = is_own(filename)
    return known


KNOWN_FILES: dict = {}
