from __future__ import annotations

import json
import sys
import types
from itertools import combinations
from typing import Any

from .refusal import Refusal

LARGEST_WALK = 200_000
IMMUTABLE = (
    type(None), bool, int, float, complex, str, bytes, range, slice, type, types.FunctionType,
    types.BuiltinFunctionType, types.ModuleType, types.MethodType, types.CodeType, type(...),
)  # fmt: skip
IMMUTABLE_OF = {
    "numbers": "Number", "datetime": "date time timedelta tzinfo", "decimal": "Decimal", "enum": "Enum",
    "pathlib": "PurePath", "re": "Pattern", "uuid": "UUID", "numpy": "generic dtype", "pandas": "Index Period Interval",
    "pandas.api.extensions": "ExtensionDtype", "pandas._libs.missing": "NAType",
}  # fmt: skip
"""By module: two variables may hold one of these and nobody can see it; libraries keep many of them once for all."""


def shared_pairs(values: dict, saved: list) -> list:
    """Pairs of variables that share memory, at least one of them saved: one sees a mutation of the other (N38)."""
    if not saved or len(values) < 2:
        return []
    parts = {name: _parts(value) for name, value in values.items()}
    pairs = ((a, b) for a, b in combinations(sorted(values), 2) if a in saved or b in saved)
    return [[a, b] for a, b in pairs if _share(parts[a], parts[b])]


def refuse_shared(apart: list, absolute: Any) -> None:
    """Refuse inputs that the run which had both saw as one: the stage would change only one of two copies (N38).

    `apart` is the header's list of [name, name, recorded output file]; a file that is gone says nothing.
    """
    for name, other, path in apart:
        try:
            with open(absolute(path), encoding="utf-8") as stream:
                shared = json.load(stream).get("shared", [])
        except (OSError, ValueError):
            continue
        if [name, other] in shared:
            raise Refusal(
                "E_SHARED_INPUTS",
                f"{name} and {other} share an object that this stage changes; one of the two would miss that.",
                "Copy one of them in the stage that makes it, or merge the two stages",
                {"variables": [name, other]},
            )


def immutable_types() -> tuple:
    """Types that cannot change; of a module that nobody imported there is no object."""
    known = [(sys.modules[module], names) for module, names in IMMUTABLE_OF.items() if module in sys.modules]
    return IMMUTABLE + tuple(getattr(module, name) for module, names in known for name in names.split())


def _parts(value: Any) -> tuple[dict, list]:
    """Mutable objects by id and arrays reachable from a value, up to a number of objects."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    immutable = immutable_types()
    objects: dict = {}
    arrays: list = []
    pending = [value]
    immutable_seen: set = set()
    while pending and len(objects) + len(immutable_seen) < LARGEST_WALK:
        item = pending.pop()
        if isinstance(item, immutable) or id(item) in objects or id(item) in immutable_seen:
            continue
        if isinstance(item, (tuple, frozenset)):
            immutable_seen.add(id(item))
            pending.extend(item)
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
