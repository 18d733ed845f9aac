from __future__ import annotations

import io
import sys
import zipfile
from typing import Any

from .equality import same
from .serial_json import NotExact

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
READ_ONLY = b"cellar: read-only"
"""Stands behind the elements of an array that cannot be written to; `numpy.load` does not read so far."""
LIST_COMMENTS = {list: b"cellar: list", tuple: b"cellar: tuple"}


def dump_npy(value: Any) -> bytes:
    """A plain numpy array as an `.npy` file."""
    import numpy

    if type(value) is not numpy.ndarray or value.dtype.hasobject:
        raise NotExact
    buffer = io.BytesIO()
    try:
        numpy.save(buffer, value, allow_pickle=False)
    except ValueError:
        raise NotExact from None
    if not value.flags.writeable:
        buffer.write(READ_ONLY)
    data = buffer.getvalue()
    if value.dtype.kind == "V" and not same(load_npy(data), value):
        raise NotExact
    return data


def load_npy(data: Any) -> Any:
    import numpy

    stream = io.BytesIO(data)
    array = numpy.load(stream, allow_pickle=False)
    if stream.read() == READ_ONLY:
        array.setflags(write=False)
    return array


def dump_npz(value: Any) -> bytes:
    """A dict with str keys, a list or a tuple of plain arrays as an `.npz` file with fixed times and no compression."""
    numpy = sys.modules["numpy"]
    if type(value) is dict:
        names, arrays = list(value), list(value.values())
    elif type(value) in LIST_COMMENTS:
        names, arrays = [f"arr_{i}" for i in range(len(value))], list(value)
    else:
        raise NotExact
    if (
        not arrays
        or not all(type(array) is numpy.ndarray for array in arrays)
        or len({id(array) for array in arrays}) < len(arrays)
    ):
        raise NotExact
    if not all(type(name) is str and name.isidentifier() for name in names):
        raise NotExact
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in zip(names, arrays):
            archive.writestr(zipfile.ZipInfo(name + ".npy", ZIP_TIME), dump_npy(array))
        archive.comment = LIST_COMMENTS.get(type(value), b"")
    return buffer.getvalue()


def load_npz(data: Any) -> Any:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        arrays = {name[: -len(".npy")]: load_npy(archive.read(name)) for name in archive.namelist()}
        for kind, comment in LIST_COMMENTS.items():
            if archive.comment == comment:
                return kind(arrays.values())
    return arrays
