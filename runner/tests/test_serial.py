"""N39: the format of each kind of value, that it reads back equal, and equal bytes in two processes."""

from __future__ import annotations

import decimal
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import LIMIT_SECONDS, ROOT
from runner.equality import same
from runner.refusal import Refusal
from runner.serial import check_savable, detect, dump, load
from runner.serial_pickle import Unsavable
from values import TABLE, evaluate


@pytest.mark.parametrize(("expected", "expression"), TABLE, ids=[row[1][:60] for row in TABLE])
def test_format_and_value(expected: str, expression: str) -> None:
    value = evaluate(expression)
    kind, data = dump(value)
    assert kind == expected
    assert detect(bytes(data[:8])) == kind
    assert same(load(data), value)
    if kind == "parquet":
        assert pd.read_parquet(io.BytesIO(data)) is not None


def test_every_kind_reads_back_equal_in_another_process(tmp_path: Path) -> None:
    """The reader has imported nothing: what writing a value registers, as pandas' types with pyarrow, is unknown there."""
    for number, (_, expression) in enumerate(TABLE):
        (tmp_path / f"{number}.var").write_bytes(dump(evaluate(expression))[1])
    code = f"""
import sys, json
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "runner/tests")!r}]
from runner.serial import load_file
read = [load_file(f"{tmp_path}/{{number}}.var") for number in range({len(TABLE)})]
from values import TABLE, evaluate, written
from runner.equality import same
made = [evaluate(expression) for _, expression in TABLE]
wrong = [row[1] for row, a, b in zip(TABLE, read, made) if not same(a, b)]
frozen = [row[1] for row, a, b in zip(TABLE, read, made) if written(a) != written(b)]
print(json.dumps([wrong, frozen]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT_SECONDS, check=True
    )
    assert json.loads(done.stdout) == [[], []]


def digests(extra: str = "") -> dict[str, str]:
    """Digest of every row of the table, computed in a process of its own."""
    code = f"""
import sys, json, hashlib
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "runner/tests")!r}]
{extra}
from values import TABLE, evaluate
from runner.serial import dump
print(json.dumps({{e: hashlib.md5(bytes(dump(evaluate(e))[1])).hexdigest() for _, e in TABLE}}))
"""
    env = {"PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=LIMIT_SECONDS, check=True
    )
    return json.loads(done.stdout)


def test_equal_bytes_in_two_processes() -> None:
    first = digests()
    second = digests(
        "import pandas, sklearn.linear_model, random; random.random(); junk = [object() for _ in range(10**5)]"
    )
    assert first == second
    assert len(first) == len(TABLE)


def test_canonical_bytes_do_not_depend_on_how_a_value_was_made() -> None:
    made = pd.concat([pd.DataFrame({"a": [1], "b": ["x"]}), pd.DataFrame({"a": [2], "b": ["y"]})], ignore_index=True)
    typed = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert bytes(dump(made)[1]) == bytes(dump(typed)[1])
    assert dump({3, 1, 2})[1] == dump({2, 3, 1})[1]
    assert dump({"x", "y", "z"})[1] == dump(set("zyx"))[1]


def test_json_files_are_plain_json() -> None:
    assert json.loads(dump([1, "a", {"k": None}])[1]) == [1, "a", {"k": None}]
    assert dump({"lr": 0.1})[1] == b'{"lr": 0.1}\n'


def test_models_are_pickles_that_predict_the_same() -> None:
    from sklearn.linear_model import LogisticRegression

    X, y = np.arange(20.0).reshape(10, 2), np.array([0, 1] * 5)
    model = LogisticRegression().fit(X, y)
    kind, data = dump(model)
    assert kind == "pickle"
    assert data[:2] == b"\x80\x05"
    assert np.array_equal(load(data).predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    ("what", "make"),
    [
        ("figure", "__import__('matplotlib.figure').figure.Figure()"),
        ("axes", "__import__('matplotlib.figure').figure.Figure().add_subplot()"),
        ("axes", "{'left': [__import__('matplotlib.figure').figure.Figure().add_subplot()]}"),
        ("generator", "(i for i in [])"),
        ("open file", "open(__import__('os').devnull)"),
        ("connection", "__import__('sqlite3').connect(':memory:')"),
        ("connection", "__import__('socket').socket()"),
        ("object", "__import__('threading').Lock()"),
        ("object", "[lambda: 1]"),
        ("module", "__import__('math')"),
    ],
)
def test_unsavable(what: str, make: str) -> None:
    value: Any = eval(make)
    with pytest.raises(Unsavable) as found:
        check_savable(value)
    assert found.value.what == what
    with pytest.raises(Unsavable):
        dump(value)


def test_strict_equality_sees_what_loose_equality_misses() -> None:
    pairs = [
        (1, 1.0), (1, True), ([1], (1,)), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ({1}, {1.0}), (0.0, -0.0),
        (np.int32(1), np.int64(1)), (np.arange(2), np.arange(2.0)), (np.array([1, "a"], dtype=object), np.array([1.0, "a"], dtype=object)),
        (pd.Series([1], name="a"), pd.Series([1], name="b")), (pd.Index([1], name="a"), pd.Index([1])),
        (pd.Series([None], dtype=object), pd.Series([np.nan], dtype=object)),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1.0]})),
        (pd.Categorical(["a"], categories=["a", "b"]), pd.Categorical(["a"])),
        (pd.date_range("2020", periods=2, freq="D"), pd.DatetimeIndex(["2020-01-01", "2020-01-02"])),
    ]  # fmt: skip
    pairs += [
        (decimal.Decimal("1.5"), decimal.Decimal("1.50")),
        (pd.Timestamp("2020", tz="UTC"), pd.Timestamp("2020-01-01 01:00", tz="Europe/Rome")),
        (pd.Timedelta("1h").as_unit("s"), pd.Timedelta("1h").as_unit("ns")),
        (np.arange(2), np.frombuffer(np.arange(2).tobytes(), dtype="int64")),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False)),
    ]
    for a, b in pairs:
        a, b = (pd.Series(x) if isinstance(x, pd.Categorical) else x for x in (a, b))
        assert not same(a, b), (a, b)


def test_without_pyarrow_a_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(Refusal) as found:
        dump(pd.DataFrame({"a": [1]}))
    assert found.value.code == "E_NO_PYARROW"
    assert found.value.next == "pip install pyarrow"


def test_a_large_frame_keeps_its_bytes() -> None:
    frame = pd.DataFrame(
        {"i": range(100_000), "f": np.linspace(0, 1, 100_000), "s": [f"k{i % 97}" for i in range(100_000)]}
    )
    kinds = {hashlib.md5(bytes(dump(frame.copy())[1])).hexdigest() for _ in range(3)}
    assert len(kinds) == 1


def test_a_model_that_crossed_and_was_fitted_on_is_the_same_bytes() -> None:
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = np.arange(20.0).reshape(10, 2), np.array([0, 1] * 5)
    never = SGDClassifier(random_state=0).fit(X, y)
    crossed = load(dump(never)[1])
    for model in (never, crossed):
        model.partial_fit(X, y)
        model.extra_ = X.mean(axis=0)
    assert bytes(dump(crossed)[1]) == bytes(dump(never)[1])
    pipeline = make_pipeline(StandardScaler(), SGDClassifier(random_state=0)).fit(X, y)
    again = load(dump(pipeline)[1])
    assert bytes(dump(again.fit(X + 1, y))[1]) == bytes(dump(pipeline.fit(X + 1, y))[1])


def test_arrays_inside_pickles_keep_their_kinds() -> None:
    values = [
        {"o": np.array([{1}, "x"], dtype=object), "f": np.asfortranarray(np.eye(3)), "s": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), "set": {1}, "self": object},
        [np.array(["a", "bb"]), np.float32(2), np.datetime64("2020", "D"), np.array(3), np.arange(10)[::2], collections_of_arrays],
    ]  # fmt: skip
    for value in values:
        kind, data = dump(value)
        assert kind == "pickle" and same(load(data), value)
        assert bytes(dump(load(data))[1]) == bytes(data)


def collections_of_arrays() -> None:
    """A function, so that the list above is no JSON."""
