"""The table of N39: a name, an expression, and the format that its value is kept in. Evaluated in fresh processes too."""

from __future__ import annotations

import collections
import datetime
import decimal
import math
import pathlib
from typing import Any

import numpy as np
import pandas as pd

NAMES = {
    "np": np, "pd": pd, "math": math, "datetime": datetime, "decimal": decimal, "pathlib": pathlib, "collections": collections,
}  # fmt: skip

TABLE: list[tuple[str, str]] = [
    # plain values
    ("json", "None"),
    ("json", "True"),
    ("json", "-7"),
    ("json", "10**60"),
    ("json", "1.5"),
    ("json", "-0.0"),
    ("json", "math.nan"),
    ("json", "-math.inf"),
    ("json", "'text é 日本 \\n \\x00'"),
    ("json", "'lone \\ud800 surrogate'"),
    ("json", "b'\\x00\\xff'"),
    ("json", "2+3j"),
    ("json", "[1, 'a', None, [2.5]]"),
    ("json", "{'b': 1, 'a': {'c': []}}"),
    ("json", "(1, (2, [3]))"),
    ("json", "{1: 'int', '1': 'str', (2, 3): 'tuple', None: 0}"),
    ("json", "{'$cellar': 'no tag of ours'}"),
    ("json", "{3, 1, 2, 'x', (4, 5)}"),
    ("json", "frozenset('hello')"),
    ("json", "bytearray(b'ab')"),
    ("json", "range(2, 10, 3)"),
    ("json", "collections.OrderedDict(b=1, a=2)"),
    ("json", "collections.Counter('banana')"),
    ("json", "datetime.datetime(2020, 1, 2, 3, 4, 5, 6)"),
    ("json", "datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc)"),
    ("json", "datetime.date(2020, 1, 2)"),
    ("json", "datetime.timedelta(1, 2, 3)"),
    ("json", "decimal.Decimal('1.10')"),
    ("json", "pathlib.Path('data/raw.csv')"),
    ("json", "np.float64(0.1)"),
    ("json", "np.float32('nan')"),
    ("json", "np.int16(-3)"),
    ("json", "np.bool_(True)"),
    ("json", "np.datetime64('2020-01-02')"),
    ("json", "{'rmse': np.float64(1.25), 'coef': np.array([1.0, 2.0])}"),
    ("json", "pd.Timestamp('2020-01-02 03:04')"),
    ("json", "pd.Timedelta('2h')"),
    ("json", "[pd.NaT, pd.NA]"),
    ("json", "pd.RangeIndex(2, 9, 3, name='r')"),
    # arrays
    ("npy", "np.arange(6).reshape(2, 3)"),
    ("npy", "np.asfortranarray(np.arange(6.0).reshape(2, 3))"),
    ("npy", "np.array(['a', 'bc'])"),
    ("npy", "np.array(['2020-01-01', 'NaT'], dtype='datetime64[D]')"),
    ("npy", "np.array([1.0, np.nan], dtype='>f4')"),
    ("npy", "np.array([(1, 2.0)], dtype=[('a', 'i4'), ('b', 'f8')])"),
    ("npy", "np.array(5)"),
    ("npy", "np.broadcast_to(np.arange(2), (2, 2))"),
    ("npy", "pd.DataFrame({'a': [1.0]})['a'].to_numpy()"),
    ("npz", "{'X': np.broadcast_to(1.5, (2, 2)), 'y': np.arange(2)}"),
    ("pickle", "{'a': 1, 'X': np.frombuffer(b'ab', dtype='u1')}"),
    ("npz", "{'X': np.eye(2), 'y': np.arange(2)}"),
    ("npz", "(np.eye(2), np.arange(2))"),
    ("npz", "[np.eye(2)]"),
    ("pickle", "np.array([1, 'a', None], dtype=object)"),
    ("pickle", "np.ma.array([1, 2], mask=[0, 1])"),
    # frames
    ("parquet", "pd.DataFrame({'a': [1, 2], 'b': ['x', None], 'c': [0.5, np.nan]})"),
    ("parquet", "pd.DataFrame({'a': pd.Series(['x', None, np.nan, pd.NA], dtype=object)})"),
    ("parquet", "pd.DataFrame({'a': pd.Series([1, None, 3], dtype=object)})"),
    ("parquet", "pd.DataFrame({'a': pd.Series([True, False], dtype=object)})"),
    ("parquet", "pd.DataFrame({'a': pd.Series(['x', 'y'], dtype='string')})"),
    (
        "parquet",
        "pd.DataFrame({'a': pd.array([1, None], dtype='Int64'), 'b': pd.array([True, None], dtype='boolean')})",
    ),
    ("parquet", "pd.DataFrame({'a': np.array([1, 2], dtype='int8'), 'b': np.array([1, 2], dtype='float32')})"),
    ("parquet", "pd.DataFrame({'a': pd.Categorical(['x', 'y', 'x'])})"),
    ("parquet", "pd.DataFrame({'a': pd.Categorical(['lo', 'hi'], categories=['lo', 'mid', 'hi'], ordered=True)})"),
    ("parquet", "pd.DataFrame({'a': pd.Categorical([2, 1])})"),
    (
        "parquet",
        "pd.DataFrame({'t': pd.date_range('2020', periods=2, unit='s'), 'u': pd.date_range('2020', periods=2, unit='ns')})",
    ),
    ("parquet", "pd.DataFrame({'t': pd.date_range('2020', periods=2, tz='Europe/Berlin')})"),
    ("parquet", "pd.DataFrame({'t': pd.to_timedelta(['1h', None])})"),
    ("parquet", "pd.DataFrame({'d': [datetime.date(2020, 1, 1), None]})"),
    ("parquet", "pd.DataFrame({'x': [b'a', b'\\xff']})"),
    ("parquet", "pd.DataFrame({'v': range(3)}, index=pd.date_range('2020-01-31', periods=3, freq='ME', name='when'))"),
    ("parquet", "pd.DataFrame({'v': range(3)}, index=['a', 'b', 'c'])"),
    ("parquet", "pd.DataFrame({'v': range(3)}, index=pd.Index(['a', 'b', 'c'], dtype=object, name='k'))"),
    ("parquet", "pd.DataFrame({'v': range(3)}, index=pd.Index([3, 1, 2], name='id'))"),
    ("parquet", "pd.DataFrame({'a': [1, 1, 2], 'b': list('xyx'), 'v': [1., 2., 3.]}).set_index(['a', 'b'])"),
    ("parquet", "pd.DataFrame({'a': [1, 1, 2], 'v': [1., 2., 3.]}).groupby('a').agg(['mean', 'max'])"),
    (
        "parquet",
        "pd.DataFrame({'a': [1, 1, 2], 'b': [1, 2, 1], 'v': [1., 2., 3.]}).pivot_table(index='a', columns='b', values='v')",
    ),
    ("parquet", "pd.DataFrame(np.arange(6.0).reshape(3, 2))"),
    ("parquet", "pd.DataFrame(np.arange(6.0).reshape(3, 2), columns=['a', 'b'], copy=False)"),
    ("parquet", "pd.DataFrame({1: [1], 'a': [2], None: [3]})"),
    ("parquet", "pd.DataFrame([[1, 2]], columns=['a', 'a'])"),
    ("parquet", "pd.DataFrame({'a': [1.0, 2.0]}).describe()"),
    ("parquet", "pd.get_dummies(pd.Series(['a', 'b', 'a']))"),
    ("parquet", "pd.DataFrame({'a': []})"),
    ("parquet", "pd.DataFrame({'p': pd.period_range('2020', periods=2, freq='M')})"),
    ("parquet", "pd.DataFrame({'v': [1., 2.]}, index=pd.IntervalIndex.from_breaks([0, 1, 2]))"),
    ("parquet", "pd.DataFrame({'i': pd.IntervalIndex.from_breaks([0., 1, 2], closed='left', name='b')})"),
    ("parquet", "pd.DataFrame({'i': pd.arrays.IntervalArray.from_tuples([(0, 1), None])})"),
    (
        "pickle",
        "pd.DataFrame({'v': [1, 2]}, index=['a', 'b']).T.set_axis(pd.IntervalIndex.from_breaks([0, 1, 2]), axis=1)",
    ),
    ("pickle", "pd.DataFrame({'b': pd.cut(pd.Series([1, 2, 3]), 2)})"),
    ("parquet", "pd.DataFrame({'v': [1, 2]}, index=pd.period_range('2020', periods=2, freq='M', name='m'))"),
    ("parquet", "pd.DataFrame({'a': pd.array([1, None], dtype='int64[pyarrow]')})"),
    ("pickle", "pd.DataFrame({'s': pd.arrays.SparseArray([0, 0, 1])})"),
    ("pickle", "pd.DataFrame({'a': [1]}).set_flags(allows_duplicate_labels=False)"),
    ("parquet", "(lambda frame: [frame.attrs.update(unit='kg'), frame][1])(pd.DataFrame({'a': [1]}))"),
    ("pickle", "(lambda frame: [frame.attrs.update(span=(1, 2)), frame][1])(pd.DataFrame({'a': [1]}))"),
    ("parquet", "pd.DataFrame({'d': [decimal.Decimal('1.50'), decimal.Decimal('2.00')]})"),
    ("pickle", "pd.DataFrame({'d': [decimal.Decimal('1.5'), decimal.Decimal('1.00')]})"),
    ("pickle", "pd.DataFrame({'o': [np.arange(2), np.arange(3)]})"),
    (
        "pickle",
        "pd.DataFrame({'t': [pd.Timestamp('2020', tz='UTC'), pd.Timestamp('2020', tz='Europe/Rome')]}, dtype=object)",
    ),
    ("pickle", "pd.DataFrame({'a': [{'x': 1}, {'y': 2}]})"),
    ("pickle", "pd.DataFrame({'a': [(1, 2), (3,)]})"),
    ("pickle", "pd.DataFrame({'a': [[1], [2, 3]]})"),
    ("pickle", "pd.DataFrame({'a': [1, 'x']})"),
    ("pickle", "pd.DataFrame()"),
    # series and indexes
    ("parquet", "pd.Series([1, 2], name='x')"),
    ("parquet", "pd.Series(['a', 'b'])"),
    ("parquet", "pd.Series([1.0], name=('a', 1))"),
    ("parquet", "pd.Series([1, 2, 2]).value_counts()"),
    ("parquet", "pd.Series([1, 2], index=pd.MultiIndex.from_tuples([('a', 1), ('b', 2)], names=['l', 'n']))"),
    ("parquet", "pd.Index([3, 1])"),
    ("parquet", "pd.Index(['a', 'b'], name='k')"),
    ("parquet", "pd.date_range('2020', periods=3, freq='W')"),
    ("parquet", "pd.Series(pd.IntervalIndex.from_breaks([0, 1, 2]))"),
    ("parquet", "pd.Series([1.0, None], index=pd.IntervalIndex.from_breaks([0, 1, 2]))"),
    ("parquet", "pd.IntervalIndex.from_breaks([0, 1, 2], name='i')"),
    ("parquet", "pd.period_range('2020', periods=2, freq='M')"),
    ("parquet", "pd.CategoricalIndex(['a', 'b'])"),
    ("pickle", "pd.Series([1]).set_flags(allows_duplicate_labels=False)"),
    ("pickle", "pd.Series([1, 'a'])"),
    ("pickle", "pd.MultiIndex.from_tuples([(1, 'a')])"),
    # what only a pickle keeps
    ("pickle", "collections.defaultdict(list, a=[1])"),
    ("pickle", "(lambda same: [same, same])([1])"),
]


def evaluate(expression: str) -> Any:
    return eval(expression, dict(NAMES))


def written(value: Any) -> str:
    """How it goes to set the first cell of each column, or the first element, to what it is: `ok` or the error."""
    try:
        if isinstance(value, pd.DataFrame) and len(value):
            for position in range(value.shape[1]):
                value.iloc[0, position] = value.iloc[-1, position]
        elif isinstance(value, (pd.Series, np.ndarray)) and value.shape:
            value[value.index[0] if isinstance(value, pd.Series) else 0] = (
                value[-1:][0] if isinstance(value, np.ndarray) else value.iloc[-1]
            )
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "ok"
