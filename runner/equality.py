from __future__ import annotations

import datetime
import decimal
import math
import sys
from typing import Any


def same(a: Any, b: Any) -> bool:
    """Strict equality (N39): equal in type, dtypes, index names, freq, columns, categories, types of cells.

    NaN equals NaN; the order of a dict's keys counts, since later code may iterate over them.
    """
    if type(a) is not type(b):
        return False
    if a is b:
        return True
    if isinstance(a, float):
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) and same(a[x], b[y]) for x, y in zip(a, b))
    if isinstance(a, (set, frozenset)):
        return a == b and sorted(map(_named, a)) == sorted(map(_named, b))
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(a, numpy.ndarray):
        return same_arrays(a, b) and a.flags.writeable == b.flags.writeable
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        if isinstance(a, pandas.DataFrame):
            return same_frames(a, b)
        if isinstance(a, pandas.Series):
            return same(a.name, b.name) and same_marks(a, b) and same_indexes(a.index, b.index) and same_columns(a, b)
        if isinstance(a, pandas.Index):
            return same_indexes(a, b)
    if numpy is not None and isinstance(a, numpy.generic):
        return (a.dtype == b.dtype and a.tobytes() == b.tobytes()) or (a != a and b != b)
    return _equal(a, b)


def _named(value: Any) -> str:
    return f"{type(value).__name__} {value!r}"


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, decimal.Decimal):
        return a.as_tuple() == b.as_tuple()  # 1.5 and 1.50 are equal numbers and other texts
    if isinstance(a, (datetime.datetime, datetime.time, datetime.timedelta)) and not _same_clock(a, b):
        return False
    try:
        return bool(a == b) or bool(a != a and b != b)
    except Exception:
        return False


def _same_clock(a: Any, b: Any) -> bool:
    """One moment has other hours in another zone; a unit of pandas bounds what can be added."""
    return all(str(getattr(a, fact, "")) == str(getattr(b, fact, "")) for fact in ("tzinfo", "fold", "unit"))


def same_arrays(a: Any, b: Any) -> bool:
    """Numpy arrays of one type: dtype, shape and every element, for objects with their types."""
    import numpy

    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.hasobject:
        return a.dtype.kind == "O" and all(same(x, y) for x, y in zip(a.ravel().tolist(), b.ravel().tolist()))
    if a.dtype.kind in "fcmM":
        return bool(numpy.array_equal(a, b, equal_nan=True))
    if a.dtype.kind == "V":
        return a.tobytes() == b.tobytes()
    return bool(numpy.array_equal(a, b))


def same_frames(a: Any, b: Any) -> bool:
    """Pandas frames: index, columns, attrs, memory order and every column."""
    return (
        same_indexes(a.columns, b.columns)
        and same_indexes(a.index, b.index)
        and same_marks(a, b)
        and row_major(a) == row_major(b)
        and all(same_columns(a.iloc[:, i], b.iloc[:, i]) for i in range(a.shape[1]))
    )


def same_marks(a: Any, b: Any) -> bool:
    """What a frame or series carries beside its values: attrs and flags."""
    return same(a.attrs, b.attrs) and a.flags.allows_duplicate_labels == b.flags.allows_duplicate_labels


def row_major(frame: Any) -> bool:
    """True if the frame lies in memory row by row: sums over it may differ in the last bit from the usual order."""
    import numpy

    dtypes = set(frame.dtypes)
    if len(dtypes) != 1 or frame.shape[1] < 2 or frame.shape[0] < 2 or not isinstance(next(iter(dtypes)), numpy.dtype):
        return False
    if next(iter(dtypes)).kind == "O":
        return False
    flags = frame.to_numpy(copy=False).flags
    return bool(flags.c_contiguous and not flags.f_contiguous)


def same_dtypes(a: Any, b: Any) -> bool:
    if type(a) is not type(b) or a != b or str(a) != str(b):
        return False
    categories = getattr(a, "categories", None)
    if categories is not None:
        return a.ordered == b.ordered and same_indexes(categories, b.categories)
    return getattr(a, "storage", None) == getattr(b, "storage", None)


def same_indexes(a: Any, b: Any) -> bool:
    """Pandas indexes: type, dtype, names, freq and every value."""
    if type(a) is not type(b) or len(a) != len(b) or not same(list(a.names), list(b.names)):
        return False
    if a.nlevels > 1:
        return all(same_indexes(a.get_level_values(i), b.get_level_values(i)) for i in range(a.nlevels))
    return getattr(a, "freq", None) == getattr(b, "freq", None) and same_columns(a, b)


def same_columns(a: Any, b: Any) -> bool:
    """Values of two series or one-level indexes."""
    import numpy

    if len(a) != len(b) or not same_dtypes(a.dtype, b.dtype):
        return False
    if a.dtype == object:
        return all(same(x, y) for x, y in zip(a.to_numpy().tolist(), b.to_numpy().tolist()))
    if isinstance(a.dtype, numpy.dtype):
        return same_arrays(numpy.asarray(a), numpy.asarray(b))
    if hasattr(a.dtype, "categories"):
        codes = (getattr(x, "cat", x).codes for x in (a, b))
        return bool(numpy.array_equal(*codes))
    missing = numpy.asarray(a.isna())
    if not numpy.array_equal(missing, numpy.asarray(b.isna())):
        return False
    return bool(numpy.all(numpy.asarray(a[~missing] == b[~missing])))
