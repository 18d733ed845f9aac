from __future__ import annotations

import os
import weakref
from typing import Any

from .equality import same
from .record import write_bytes
from .refusal import Refusal
from .serial import CANONICAL, check_savable, detect, dump, load
from .serial_pickle import UNSAVABLE, Unsavable

FIXES = ["merge-stages", "make-setup", "write-file"]


class Inputs:
    """The variables that a stage takes in; knows afterwards which values the stage changed (N38)."""

    def __init__(self, paths: dict) -> None:
        self.paths = paths
        self.originals: dict = {}

    def load(self) -> dict:
        """Name → value of every input variable."""
        return {name: self._load(name, path) for name, path in self.paths.items()}

    def _load(self, name: str, path: str) -> Any:
        data = read_variable(name, path)
        kind = detect(bytes(data[:8]))
        try:
            value = load(data)
        except Exception as error:
            raise Refusal(
                "E_INPUT_UNREADABLE",
                f"The variable {name} cannot be loaded from {path}: {type(error).__name__}: {error}.",
                "Run the stage that makes it again",
                {"variable": name, "path": path, "format": kind},
            ) from None
        if kind in CANONICAL:
            self.originals[name] = _reference(value)
        return value

    def changed(self) -> list:
        """Inputs whose object is not what its file holds any more, sorted; pickled ones are not compared."""
        found = []
        for name, reference in self.originals.items():
            value = reference()
            if value is not None and not same(load(read_variable(name, self.paths[name])), value):
                found.append(name)
        return sorted(found)


def _reference(value: Any) -> Any:
    """A weak reference where possible, so that a large input that the stage drops is freed."""
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value


def read_variable(name: str, path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise Refusal(
            "E_INPUT_MISSING",
            f"The variable {name} is not there: {path}: {error.strerror}.",
            "Run the stage that makes it",
            {"variable": name, "path": path},
        ) from None


def check_variables(namespace: dict, names: list, block: int) -> None:
    """Refuse a variable that will not be savable, right after the last block that binds it (N37)."""
    for name in names:
        if name in namespace:
            try:
                check_savable(namespace[name])
            except Unsavable as error:
                raise refused(name, namespace[name], error, block) from None


def refused(name: str, value: Any, error: Unsavable, block: int) -> Refusal:
    kind = type(value).__name__
    return Refusal(
        "E_UNSAVABLE",
        f"The variable {name} ({kind}) is read by a later stage but cannot be saved: {error}.",
        UNSAVABLE.get(error.what, "merge the stages, make it in setup, or write a file").capitalize(),
        {"variable": name, "type": kind, "kind": error.what, "block": block, "fixes": FIXES},
    )


def save_variables(namespace: dict, paths: dict, bound_in: dict) -> dict:
    """Write every variable out; name → format. What was written is removed again if one cannot be saved."""
    formats: dict = {}
    written: list = []
    try:
        for name, path in paths.items():
            if name not in namespace:
                raise Refusal(
                    "E_VARIABLE_UNBOUND",
                    f"A later stage reads {name}, but this stage did not bind it.",
                    f"Bind {name} on every way through the stage",
                    {"variable": name, "block": bound_in.get(name, -1)},
                )
            try:
                formats[name], data = dump(namespace[name])
            except Unsavable as error:
                raise refused(name, namespace[name], error, bound_in.get(name, -1)) from None
            write_bytes(path, data)
            written.append(path)
    except BaseException:
        for path in written:
            os.unlink(path)
        raise
    return formats
