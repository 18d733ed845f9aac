from __future__ import annotations

import base64
import sys
import zlib
from typing import Any

from .equality import row_major, same_columns, same_dtypes, same_indexes


def find_repairs(frame: Any, back: Any) -> dict:
    """What Parquet loses of a frame, as JSON: types of columns, kinds of missing cells, freq (N39)."""
    repairs: dict = {"columns": {}}
    if back.shape != frame.shape:
        return repairs
    for i in range(frame.shape[1]):
        before, after = frame.iloc[:, i], back.iloc[:, i]
        if not same_columns(before, after):
            repairs["columns"][str(i)] = _column_repair(before, after)
    if frame.index.nlevels == 1 and not same_indexes(frame.index, back.index):
        repairs["index"] = _column_repair(frame.index, back.index)
        repairs["freq"] = None if hasattr(frame.index.dtype, "freq") else getattr(frame.index, "freqstr", None)
    return repairs


def _column_repair(before: Any, after: Any) -> dict:
    if before.dtype == object:
        return {"dtype": "object", "missing": _missing(before), "cells": _cells(before)}
    if hasattr(before.dtype, "categories") and hasattr(after.dtype, "categories"):
        return {"categories": str(before.dtype.categories.dtype)}
    if same_dtypes(before.dtype, after.dtype):
        return {}
    return {"dtype": str(before.dtype)}


def _cells(column: Any) -> str:
    """`int` for Python integers beside missing cells, which Parquet gives back as floats."""
    return "int" if any(type(value) is int for value in column.to_numpy()) else ""


def _missing(column: Any) -> dict:
    """The kind of each missing cell of an object column: one kind for all, or one character a cell, packed."""
    pandas = sys.modules["pandas"]
    kinds = "".join(
        _missing_kind(value, pandas) for value in column.to_numpy() if value is None or _is_missing(value, pandas)
    )
    if len(set(kinds)) <= 1:
        return {"all": kinds[:1]}
    return {"each": base64.b64encode(zlib.compress(kinds.encode(), 9)).decode("ascii")}


def _is_missing(value: Any, pandas: Any) -> bool:
    return value is pandas.NA or value is pandas.NaT or (isinstance(value, float) and value != value)


def _missing_kind(value: Any, pandas: Any) -> str:
    return "-" if value is None else "A" if value is pandas.NA else "T" if value is pandas.NaT else "n"


def repair(frame: Any, repairs: dict, rows: bool) -> Any:
    """Undo what Parquet did to a frame, as `find_repairs` noted."""
    import pandas

    columns = repairs.get("columns", {})
    if columns:
        parts = {i: frame.iloc[:, i] for i in range(frame.shape[1])}
        for position, fix in columns.items():
            parts[int(position)] = _repaired(parts[int(position)], fix)
        labels = frame.columns
        frame = pandas.DataFrame(parts, index=frame.index)
        frame.columns = labels
    if repairs.get("index"):
        frame.index = _repaired(frame.index, repairs["index"])
    if repairs.get("freq"):
        frame.index.freq = pandas.tseries.frequencies.to_offset(repairs["freq"])
    if rows and not row_major(frame):
        import numpy

        frame = pandas.DataFrame(
            numpy.ascontiguousarray(frame.to_numpy()), index=frame.index, columns=frame.columns, copy=False
        )
    return frame


def _repaired(values: Any, fix: dict) -> Any:
    if fix.get("dtype") == "object":
        return _with_missing(values, fix["missing"], int if fix["cells"] == "int" else None)
    if fix.get("categories"):
        categories = getattr(values, "cat", values).categories.astype(fix["categories"])
        renamed = getattr(values, "cat", values).rename_categories(categories)
        return renamed
    return values.astype(fix["dtype"]) if fix.get("dtype") else values


def _with_missing(values: Any, missing: dict, cell: Any) -> Any:
    import numpy
    import pandas

    cells = values.astype(object)
    empty = numpy.flatnonzero(numpy.asarray(values.isna()))
    array = cells.to_numpy().copy()
    if cell is not None and values.dtype.kind == "f":
        full = numpy.flatnonzero(~numpy.asarray(values.isna()))
        array[full] = [cell(value) for value in array[full]]
    kinds = (
        zlib.decompress(base64.b64decode(missing["each"])).decode()
        if "each" in missing
        else missing["all"] * len(empty)
    )
    fills = {"-": None, "A": pandas.NA, "T": pandas.NaT, "n": float("nan")}
    for position, kind in zip(empty, kinds):
        array[position] = fills[kind]
    if isinstance(values, pandas.Index):
        return pandas.Index(array, dtype=object, name=values.name)
    return pandas.Series(array, index=values.index, name=values.name, dtype=object)
