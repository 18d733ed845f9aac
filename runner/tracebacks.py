from __future__ import annotations

import os
import traceback
from typing import Any

OWN_FILE = os.path.abspath(globals().get("__file__", "run.py"))
OWN_FOLDER = os.path.dirname(OWN_FILE)


def formatted(error: BaseException) -> list:
    """Lines of a traceback without the runner's own frames, causes included."""
    summary = traceback.TracebackException(type(error), error, error.__traceback__)
    _strip(summary, set())
    return [line for chunk in summary.format() for line in chunk.rstrip("\n").split("\n")]


def script_lines(error: BaseException, script: str) -> list:
    """Lines of the script in the traceback, outermost first; for a syntax error in the script, its line."""
    found = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script]
    if isinstance(error, SyntaxError) and error.filename == script and error.lineno:
        found.append(error.lineno)
    return found


def is_own(filename: str) -> bool:
    """True for the runner's own source: the built file, or a module of its source folder."""
    path = os.path.abspath(filename)
    return path == OWN_FILE or (os.path.basename(OWN_FILE) == "tracebacks.py" and os.path.dirname(path) == OWN_FOLDER)


def _strip(summary: Any, seen: set) -> None:
    if summary is None or id(summary) in seen:
        return
    seen.add(id(summary))
    summary.stack[:] = [frame for frame in summary.stack if not is_own(frame.filename)]
    for other in (summary.__cause__, summary.__context__, *(getattr(summary, "exceptions", None) or ())):
        _strip(other, seen)
