from __future__ import annotations

import json
from typing import Any

from .serial_json import NotExact, dump_json_value, load_json_value


def encode_labels(labels: Any) -> dict:
    """Column labels of a frame as JSON, for what Parquet changes: numbers, duplicates, several levels, names, freq."""
    if labels.nlevels > 1:
        names = list(labels.names)
        levels = [encode_labels(labels.get_level_values(level)) for level in range(labels.nlevels)]
        return {"levels": levels, "names": _plain(names)}
    name = _plain(labels.name)
    if type(labels).__name__ == "RangeIndex":
        return {"range": [labels.start, labels.stop, labels.step], "name": name}
    if hasattr(labels.dtype, "categories"):
        raise NotExact
    return {
        "values": _plain(list(labels)),
        "dtype": str(labels.dtype),
        "name": name,
        "freq": getattr(labels, "freqstr", None),
    }


def decode_labels(facts: dict) -> Any:
    """The index that `encode_labels` described."""
    import pandas

    if "levels" in facts:
        return pandas.MultiIndex.from_arrays(
            [decode_labels(level) for level in facts["levels"]], names=_value(facts["names"])
        )
    name = _value(facts["name"])
    if "range" in facts:
        return pandas.RangeIndex(*facts["range"]).rename(name)
    labels = pandas.Index(_value(facts["values"]), dtype=facts["dtype"]).rename(name)
    if facts["freq"]:
        labels.freq = pandas.tseries.frequencies.to_offset(facts["freq"])
    return labels


def _plain(value: Any) -> Any:
    return json.loads(dump_json_value(value))


def _value(tree: Any) -> Any:
    return load_json_value(json.dumps(tree).encode())
