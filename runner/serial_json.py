from __future__ import annotations

import base64
import collections
import datetime
import decimal
import json
import math
import pathlib
import sys
from typing import Any, Callable

TAG = "$cellar"
LARGEST_NESTED_ARRAY = 1 << 20
"""Bytes of an array inside a container that still goes into JSON."""


class NotExact(Exception):
    """The value does not come back equal from this format; the next one is tried (N39)."""


def dump_json_value(value: Any) -> bytes:
    """A value as JSON that reads back equal in every type; what JSON lacks is an object with the key `$cellar`."""
    try:
        tree = _encode(value, set())
        try:
            text = json.dumps(tree, ensure_ascii=False, allow_nan=False)
            return text.encode() + b"\n"
        except UnicodeEncodeError:
            return json.dumps(tree, allow_nan=False).encode() + b"\n"
    except (RecursionError, ValueError):
        raise NotExact from None


def load_json_value(data: Any) -> Any:
    """The value that `dump_json_value` wrote."""
    return json.loads(bytes(data), object_hook=_decode)


def _encode(value: Any, seen: set) -> Any:
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is str:
        return value
    if kind is float:
        return value if math.isfinite(value) else {TAG: "float", "value": repr(value)}
    encoder = ENCODERS.get(kind)
    if encoder is None:
        return _encode_array_library(value, seen)
    if kind in SHARED_KINDS:
        if id(value) in seen:
            raise NotExact
        seen.add(id(value))
    return encoder(value, seen)


def _encode_list(value: Any, seen: set) -> Any:
    return [_encode(item, seen) for item in value]


def _encode_dict(value: Any, seen: set) -> Any:
    if TAG not in value and all(type(key) is str for key in value):
        return {key: _encode(item, seen) for key, item in value.items()}
    return {TAG: "dict", "value": _pairs(value, seen)}


def _pairs(value: Any, seen: set) -> list:
    return [[_encode(key, seen), _encode(item, seen)] for key, item in value.items()]


def _encode_set(value: Any, seen: set) -> Any:
    items = [_encode(item, seen) for item in value]
    return {TAG: type(value).__name__, "value": sorted(items, key=json.dumps)}


def _encode_datetime(value: Any, seen: set) -> Any:
    zone = value.tzinfo
    if (
        value.fold
        or zone not in (None, datetime.timezone.utc)
        or (zone is not None and type(zone) is not datetime.timezone)
    ):
        raise NotExact
    return {TAG: type(value).__name__, "value": value.isoformat()}


def _encode_array_library(value: Any, seen: set) -> Any:
    numpy = sys.modules.get("numpy")
    if numpy is not None and type(value) is numpy.ndarray:
        if id(value) in seen or value.dtype.kind not in "biufcmMSU" or not value.dtype.isnative:
            raise NotExact
        if value.nbytes > LARGEST_NESTED_ARRAY or not value.flags.carray or value.base is not None:
            raise NotExact
        seen.add(id(value))
        return {TAG: "ndarray", "dtype": value.dtype.str, "shape": list(value.shape), "value": _base64(value.tobytes())}
    if numpy is not None and isinstance(value, numpy.generic) and type(value) is numpy.dtype(value.dtype).type:
        return _encode_scalar(value)
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        if value is pandas.NaT or value is pandas.NA:
            return {TAG: "NaT" if value is pandas.NaT else "NA"}
        if type(value) is pandas.Timestamp and value.tzinfo is None and not value.fold:
            return {TAG: "Timestamp", "unit": value.unit, "value": int(value.to_datetime64().astype("i8"))}
        if type(value) is pandas.RangeIndex:
            return {
                TAG: "RangeIndex",
                "name": _encode(value.name, seen),
                "value": [value.start, value.stop, value.step],
            }
        if type(value) is pandas.Timedelta:
            return {TAG: "Timedelta", "unit": value.unit, "value": int(value.to_timedelta64().astype("i8"))}
    raise NotExact


def _encode_scalar(value: Any) -> Any:
    kind = value.dtype.kind
    if kind in "biu":
        plain: Any = value.item()
    elif kind == "f" and value.dtype.itemsize <= 8:
        plain = float(value) if math.isfinite(value) else repr(float(value))
    elif kind in "cmMSU" and value.dtype.itemsize <= 1 << 16:
        return {TAG: "numpy", "dtype": value.dtype.str, "base64": _base64(value.tobytes())}
    else:
        raise NotExact
    return {TAG: "numpy", "dtype": value.dtype.str, "value": plain}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


ENCODERS: dict[type, Callable[[Any, set], Any]] = {
    list: _encode_list,
    dict: _encode_dict,
    tuple: lambda value, seen: {TAG: "tuple", "value": _encode_list(value, seen)},
    set: _encode_set,
    frozenset: _encode_set,
    bytes: lambda value, seen: {TAG: "bytes", "value": _base64(value)},
    bytearray: lambda value, seen: {TAG: "bytearray", "value": _base64(bytes(value))},
    complex: lambda value, seen: {TAG: "complex", "value": [_encode(value.real, seen), _encode(value.imag, seen)]},
    range: lambda value, seen: {TAG: "range", "value": [value.start, value.stop, value.step]},
    collections.OrderedDict: lambda value, seen: {TAG: "OrderedDict", "value": _pairs(value, seen)},
    collections.Counter: lambda value, seen: {TAG: "Counter", "value": _pairs(value, seen)},
    datetime.datetime: _encode_datetime,
    datetime.date: lambda value, seen: {TAG: "date", "value": value.isoformat()},
    datetime.time: _encode_datetime,
    datetime.timedelta: lambda value, seen: {
        TAG: "timedelta",
        "value": [value.days, value.seconds, value.microseconds],
    },
    decimal.Decimal: lambda value, seen: {TAG: "Decimal", "value": str(value)},
    type(pathlib.Path()): lambda value, seen: {TAG: "Path", "value": str(value)},
}
SHARED_KINDS = (list, dict, set, bytearray, collections.OrderedDict, collections.Counter)


def _decode(tree: dict) -> Any:
    tag = tree.get(TAG)
    if tag is None:
        return tree
    if tag in ("numpy", "ndarray"):
        return _decode_numpy(tree)
    if tag in ("NaT", "NA", "Timestamp", "Timedelta", "RangeIndex"):
        return _decode_pandas(tree)
    return DECODERS[tag](tree["value"])


def _decode_numpy(tree: dict) -> Any:
    import numpy

    dtype = numpy.dtype(tree["dtype"])
    if tree[TAG] == "ndarray":
        return numpy.frombuffer(base64.b64decode(tree["value"]), dtype).reshape(tree["shape"]).copy()
    if "base64" in tree:
        data = base64.b64decode(tree["base64"])
        return numpy.frombuffer(data, dtype)[0] if dtype.itemsize else dtype.type()
    value = tree["value"]
    return dtype.type(float(value) if isinstance(value, str) else value)


def _decode_pandas(tree: dict) -> Any:
    import numpy
    import pandas

    if tree[TAG] in ("NaT", "NA"):
        return getattr(pandas, tree[TAG])
    if tree[TAG] == "RangeIndex":
        return pandas.RangeIndex(*tree["value"], name=tree["name"])
    make = numpy.datetime64 if tree[TAG] == "Timestamp" else numpy.timedelta64
    return getattr(pandas, tree[TAG])(make(tree["value"], tree["unit"])).as_unit(tree["unit"])


DECODERS: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": dict,
    "bytes": base64.b64decode,
    "bytearray": lambda value: bytearray(base64.b64decode(value)),
    "complex": lambda value: complex(*value),
    "range": lambda value: range(*value),
    "OrderedDict": collections.OrderedDict,
    "Counter": lambda value: collections.Counter(dict(value)),
    "datetime": lambda value: datetime.datetime.fromisoformat(value),
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": lambda value: datetime.timedelta(*value),
    "Decimal": decimal.Decimal,
    "Path": pathlib.Path,
}
