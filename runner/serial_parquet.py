from __future__ import annotations

import json
import sys
import warnings
from typing import Any

from .equality import row_major, same
from .frame_labels import decode_labels, encode_labels
from .frame_repair import find_repairs, repair
from .refusal import Refusal
from .serial_json import NotExact, dump_json_value, load_json_value

METADATA_KEY = b"cellar"
COLUMN = "value"
"""Column of a nameless series or index."""


def is_tabular(value: Any) -> bool:
    """True for what is kept as Parquet: frames, series and indexes of pandas themselves, no subclasses."""
    pandas = sys.modules.get("pandas")
    return (
        pandas is not None
        and isinstance(value, (pandas.DataFrame, pandas.Series, pandas.Index))
        and type(value) is not pandas.RangeIndex
    )


def dump_parquet(value: Any) -> Any:
    """A frame, series or index as Parquet that `pandas.read_parquet` opens; `NotExact` if it comes back different."""
    import pandas

    require_pyarrow()
    kind, frame, facts = _as_frame(value, pandas)
    facts = {"v": 1, "kind": kind, **facts}
    try:
        data, back = _round_trip(frame, facts)
        if same(_from_frame(back, facts), value):
            return data
    except NotExact:
        pass
    plain = numbered(frame)
    facts["labels"] = encode_labels(frame.columns) if kind == "frame" else None
    _, back = _round_trip(plain, facts)
    facts["repairs"] = find_repairs(plain, back)
    facts["rows"] = row_major(frame)
    data, back = _round_trip(plain, facts)
    if same(_from_frame(back, facts), value):
        return data
    raise NotExact


def numbered(frame: Any) -> Any:
    """The frame with labels that Parquet can hold: its own if all are different strings, else their positions."""
    import pandas

    labels = list(frame.columns)
    if frame.columns.nlevels == 1 and all(type(label) is str for label in labels) and len(set(labels)) == len(labels):
        return frame
    plain = frame.copy(deep=False)
    plain.columns = pandas.Index([str(position) for position in range(len(labels))])
    return plain


def load_parquet(data: Any) -> Any:
    """The value that `dump_parquet` wrote, or the frame of a foreign Parquet file."""
    pyarrow, parquet = require_pyarrow()
    _register_types(pyarrow)
    table = parquet.read_table(pyarrow.BufferReader(data), use_threads=False)
    stored = (table.schema.metadata or {}).get(METADATA_KEY)
    facts = json.loads(stored) if stored else {"kind": "frame"}
    return _from_frame(_writable(table.to_pandas()), facts)


def _register_types(pyarrow: Any) -> None:
    """Make pandas tell pyarrow of its periods and intervals, as when one is written: else they come as dicts."""
    import pandas

    pyarrow.array(pandas.arrays.IntervalArray.from_breaks([0, 1]))


def _writable(frame: Any) -> Any:
    """Pyarrow makes the codes of categories read-only: cells of such a column could not be set."""
    return frame.copy() if any(hasattr(dtype, "categories") for dtype in frame.dtypes) else frame


def _of_others(frame: Any, table: Any) -> bool:
    """True if a type is known to this process only because a package other than pandas was imported here."""
    dtypes = [*frame.dtypes, *(frame.index.dtypes if frame.index.nlevels > 1 else [frame.index.dtype])]
    dtypes += [dtype.categories.dtype for dtype in dtypes if hasattr(dtype, "categories")]
    types = [*dtypes, *_arrow_types(table.schema)]
    return any(type(each).__module__.partition(".")[0] not in ("numpy", "pandas", "pyarrow") for each in types)


def _arrow_types(fields: Any) -> list:
    """The types of Arrow fields and of what these hold."""
    found = []
    for field in fields:
        within = getattr(field.type, "storage_type", field.type)
        found += [field.type, *_arrow_types([within.field(i) for i in range(within.num_fields)])]
    return found


def require_pyarrow() -> tuple[Any, Any]:
    """Import pyarrow, or refuse: a missing pyarrow must not turn tables into pickles (N39)."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise Refusal(
            "E_NO_PYARROW",
            "A table crosses stages, and pyarrow, which saves it, is not installed for this Python.",
            "pip install pyarrow",
            {"package": "pyarrow", "interpreter": sys.executable},
        ) from None
    return pyarrow, pyarrow.parquet


def _as_frame(value: Any, pandas: Any) -> tuple[str, Any, dict]:
    if type(value) is pandas.DataFrame:
        return "frame", value, {}
    if type(value) is pandas.Series:
        name = value.name if type(value.name) is str else COLUMN
        return "series", value.to_frame(name), {"name": _text(value.name)}
    if isinstance(value, pandas.Index) and value.nlevels == 1:
        freq = None if hasattr(value.dtype, "freq") else getattr(value, "freqstr", None)
        return "index", value.rename(COLUMN).to_frame(index=False), {"name": _text(value.name), "freq": freq}
    raise NotExact


def _from_frame(frame: Any, facts: dict) -> Any:
    import pandas

    frame = repair(frame, facts.get("repairs") or {}, facts.get("rows", False))
    if facts.get("labels"):
        frame.columns = decode_labels(facts["labels"])
    kind = facts["kind"]
    if kind == "frame":
        return frame
    column = frame.iloc[:, 0]
    name = load_json_value(facts["name"].encode())
    if kind == "series":
        column.name = name
        return column
    index = pandas.Index(column).rename(name)
    if facts["freq"]:
        index.freq = pandas.tseries.frequencies.to_offset(facts["freq"])
    return index


def _text(name: Any) -> str:
    return dump_json_value(name).decode().rstrip("\n")


def _round_trip(frame: Any, facts: dict) -> tuple[Any, Any]:
    pyarrow, parquet = require_pyarrow()
    if not len(frame.columns):
        raise NotExact
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _written(frame, facts, pyarrow, parquet)
    except (pyarrow.ArrowException, ValueError, TypeError, KeyError, NotImplementedError, OverflowError):
        raise NotExact from None


def _written(frame: Any, facts: dict, pyarrow: Any, parquet: Any) -> tuple[Any, Any]:
    """Bytes of the Parquet file, and the frame that pyarrow makes of them.

    One thread and fixed options: equal frames are equal bytes under the same pandas and pyarrow (N39).
    """
    table = pyarrow.Table.from_pandas(frame, nthreads=1)
    if _of_others(frame, table):
        raise NotExact
    metadata = {**(table.schema.metadata or {}), METADATA_KEY: json.dumps(facts, sort_keys=True)}
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(table.replace_schema_metadata(metadata), sink, compression="snappy", version="2.6")
    data = memoryview(sink.getvalue())
    return data, parquet.read_table(pyarrow.BufferReader(data), use_threads=False).to_pandas()
