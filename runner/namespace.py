from __future__ import annotations

import builtins
import linecache
import sys
import types
from typing import Any

from .header import Script

SPAWNERS = ("multiprocessing", "joblib", "loky")
"""Packages whose new processes import the main module by its file."""


def main_module(script: Script, run_path: str, name: str = "__main__") -> types.ModuleType:
    """The module in which a script runs (N40, N42).

    Code in it sees no `__file__`, as in a kernel. Who asks the module itself gets the script, so that
    sources are found; only what starts worker processes gets `run.py`, which loads the slice there.
    """

    class MainModule(types.ModuleType):
        @property
        def __file__(self) -> str:  # type: ignore[override]
            caller = sys._getframe(1).f_globals.get("__name__", "")
            return run_path if caller.partition(".")[0] in SPAWNERS else script.path

    module = MainModule(name)
    module.__dict__.update(__builtins__=builtins, __package__=None, __spec__=None, __loader__=None)
    remember_source(script)
    return module


def install_main(module: types.ModuleType) -> None:
    """Put the module in the place of `__main__`, also where multiprocessing looks for it."""
    sys.modules["cellar_run"] = sys.modules["__main__"]
    sys.modules["__main__"] = module
    if "__mp_main__" in sys.modules:
        sys.modules["__mp_main__"] = module


def remember_source(script: Script) -> None:
    """Tell `linecache` the source, under a name that does not depend on the current directory."""
    lines: list[Any] = [line + "\n" for line in script.lines]
    linecache.cache[script.path] = (len(script.text), None, lines, script.path)
