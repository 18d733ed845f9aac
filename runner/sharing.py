from __future__ import annotations

import sys
import types
from itertools import combinations
from typing import Any

LARGEST_WALK = 200_000
IMMUTABLE = (
    type(None), bool, int, float, complex, str, bytes, range, slice, type, types.FunctionType,
    types.BuiltinFunctionType, types.ModuleType, types.MethodType, types.CodeType, type(...),
)  # fmt: skip


def shared_pairs(values: dict) -> list:
    """Pairs of saved variables that share memory: a mutation of one would be seen in the other (N38)."""
    parts = {name: _parts(value) for name, value in values.items()}
    return sorted([a, b] for a, b in combinations(sorted(values), 2) if _share(parts[a], parts[b]))


def _parts(value: Any) -> tuple[dict, list]:
    """Mutable objects by id and arrays reachable from a value, up to a number of objects."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    objects: dict = {}
    arrays: list = []
    pending = [value]
    immutable_seen: set = set()
    while pending and len(objects) + len(immutable_seen) < LARGEST_WALK:
        item = pending.pop()
        if isinstance(item, IMMUTABLE) or id(item) in objects or id(item) in immutable_seen:
            continue
        if isinstance(item, (tuple, frozenset)):
            immutable_seen.add(id(item))
            pending.extend(item)
            continue
        if pandas is not None and isinstance(item, pandas.Index):
            continue
        objects[id(item)] = item
        if numpy is not None and isinstance(item, numpy.ndarray):
            arrays.append((item, False))
            pending.extend(item.ravel().tolist() if item.dtype.hasobject else ())
        elif pandas is not None and isinstance(item, (pandas.DataFrame, pandas.Series)):
            arrays.extend((array, True) for array in _columns(item, numpy))
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, (list, set)):
            pending.extend(item)
        else:
            pending.extend(getattr(item, "__dict__", {}).values())
    return objects, arrays


def _columns(value: Any, numpy: Any) -> list:
    columns = [value] if value.ndim == 1 else [value.iloc[:, i] for i in range(value.shape[1])]
    found = [
        column.array.to_numpy(copy=False) if hasattr(column.array, "to_numpy") else None
        for column in columns
        if column.dtype.kind in "biufcmM"
    ]
    return [array for array in found if isinstance(array, numpy.ndarray)]


def _share(a: tuple[dict, list], b: tuple[dict, list]) -> bool:
    if a[0].keys() & b[0].keys():
        return True
    safe = copies_on_write()
    return any(_overlap(x, y) for x, of_frame in a[1] for y, of_other in b[1] if not (of_frame and of_other and safe))


def copies_on_write() -> bool:
    """True if pandas itself keeps two frames apart that share memory."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return False
    try:
        return int(pandas.__version__.split(".")[0]) >= 3 or pandas.get_option("mode.copy_on_write") is True
    except Exception:
        return False


def _overlap(a: Any, b: Any) -> bool:
    numpy = sys.modules["numpy"]
    try:
        return bool(numpy.shares_memory(a, b, max_work=10_000))
    except Exception:
        return bool(numpy.may_share_memory(a, b))
