from __future__ import annotations

import fnmatch
import functools
import os
from typing import Any, Callable

from .watch import Watch

NATIVE_READERS = {
    "pyarrow.parquet": ["read_table", "read_pandas", "ParquetFile", "ParquetDataset"],
    "pyarrow.csv": ["read_csv", "open_csv"],
    "pyarrow.json": ["read_json"],
    "pyarrow.feather": ["read_table", "read_feather"],
    "polars": ["read_*", "scan_*"],
    "h5py": ["File"],
    "netCDF4": ["Dataset"],
    "cv2": ["imread"],
}
"""Readers that open files in C code, where Python's audit events do not see it; a name may be a pattern."""


def native_reader_actions(watch: Watch) -> dict[str, Callable[[Any], None]]:
    """For each of these modules, what to do right after its import: note the path of every read (N28)."""
    return {
        name: functools.partial(_wrap_readers, watch=watch, patterns=names) for name, names in NATIVE_READERS.items()
    }


def _wrap_readers(module: Any, watch: Watch, patterns: list) -> None:
    for name in list(vars(module)):
        reader = getattr(module, name)
        if not callable(reader) or not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            continue
        if isinstance(reader, type):
            try:
                reader.__init__ = _noting(reader.__init__, watch, 1)  # type: ignore[misc]
            except TypeError:
                continue
        else:
            setattr(module, name, _noting(reader, watch, 0))


def _noting(call: Any, watch: Watch, position: int) -> Any:
    @functools.wraps(call)
    def noted(*args: Any, **kwargs: Any) -> Any:
        source = args[position] if len(args) > position else next(iter(kwargs.values()), None)
        if watch.enabled and isinstance(source, (str, os.PathLike)):
            watch.native_read(source)
        return call(*args, **kwargs)

    return noted
