from __future__ import annotations

import sys
from typing import Any

from .serial_json import NotExact, dump_json_value, load_json_value
from .serial_numpy import dump_npy, dump_npz, load_npy, load_npz
from .serial_parquet import dump_parquet, is_tabular, load_parquet
from .serial_pickle import Unsavable, dump_pickle, load_pickle, try_pickle, unsavable_kind

LOADERS = {"json": load_json_value, "parquet": load_parquet, "npy": load_npy, "npz": load_npz, "pickle": load_pickle}
CANONICAL = ("json", "parquet", "npy", "npz")
"""Formats of which equal values are equal bytes (N39)."""


def dump(value: Any) -> tuple[str, Any]:
    """Format and bytes of a value: the first of JSON, Parquet, npy, npz, pickle that reads back equal (N39)."""
    for name, fits, write in LADDER:
        if fits(value):
            try:
                return name, write(value)
            except NotExact:
                continue
    return "pickle", dump_pickle(value)


def load(data: Any) -> Any:
    """The value in the bytes of a variable file."""
    return LOADERS[detect(bytes(memoryview(data)[:8]))](data)


def load_file(path: str) -> Any:
    """The value in a variable file."""
    with open(path, "rb") as stream:
        return load(stream.read())


def detect(head: bytes) -> str:
    """Format of a variable file by its first bytes."""
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:6] == b"\x93NUMPY":
        return "npy"
    if head[:2] == b"PK":
        return "npz"
    return "pickle" if head[:1] == b"\x80" else "json"


def check_savable(value: Any) -> None:
    """Raise `Unsavable` if the value will not be savable at the end of the stage (N37); cheap for plain data."""
    what = unsavable_kind(value)
    if what:
        raise Unsavable(what, f"it is a {type(value).__name__}")
    if is_tabular(value) or _is_array(value) or value is None or isinstance(value, (bool, int, float, str, bytes)):
        return
    try_pickle(value)


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray and not value.dtype.hasobject


def _holds_arrays(value: Any) -> bool:
    """True for a container of nothing but arrays: npz keeps these readable for others, before tagged JSON."""
    items = value.values() if type(value) is dict else value if type(value) in (list, tuple) else ()
    return len(items) > 0 and all(_is_array(item) for item in items)


LADDER = (
    ("json", lambda value: not (is_tabular(value) or _is_array(value) or _holds_arrays(value)), dump_json_value),
    ("parquet", is_tabular, dump_parquet),
    ("npy", _is_array, dump_npy),
    ("npz", _holds_arrays, dump_npz),
)
