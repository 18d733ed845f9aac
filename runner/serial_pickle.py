from __future__ import annotations

import io
import pickle
import sys
from typing import Any

PICKLE_PROTOCOL = 5
UNSAVABLE = {
    "figure": "write the figure to a file, or merge the stages",
    "axes": "write the figure to a file, or merge the stages",
    "generator": "make it a list, merge the stages, or make it in setup",
    "open file": "open it again in the stage that needs it",
    "connection": "make it in setup, or merge the stages",
    "module": "import it in the stage that needs it, or in setup",
}


class Unsavable(Exception):
    """The value cannot go to another process; `what` names the kind of object in the way."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(detail)
        self.what = what


class _Pickler(pickle.Pickler):
    """A pickler that stops at drawings (they would pickle, but do not cross stages, N37) and shares equal dtypes.

    A dtype that was unpickled once is another object than numpy's own, so that a model which crossed a stage and was
    changed there would be other bytes than the same model that never crossed.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__(stream, PICKLE_PROTOCOL)
        self.dtypes: dict = {}
        self.numpy = sys.modules.get("numpy")

    def persistent_id(self, value: Any) -> None:
        what = unsavable_kind(value)
        if what:
            raise Unsavable(what, f"it holds a {type(value).__name__}")

    def reducer_override(self, value: Any) -> Any:
        numpy = self.numpy
        if numpy is None:
            return NotImplemented
        if type(value) is numpy.ndarray or (isinstance(value, numpy.generic) and not isinstance(value, numpy.void)):
            if type(value) is numpy.ndarray and not (value.flags.c_contiguous or value.flags.f_contiguous):
                writable = value.flags.writeable
                value = numpy.ascontiguousarray(value)  # as it comes back: gaps do not cross
                value.setflags(write=writable)
            function, arguments, *rest = value.__reduce_ex__(PICKLE_PROTOCOL)
            return (function, tuple(map(self._one_dtype, arguments)), *(self._state(part) for part in rest))
        return NotImplemented

    def _one_dtype(self, part: Any) -> Any:
        """The same object for every equal plain dtype."""
        if isinstance(part, self.numpy.dtype) and part.names is None and part.metadata is None:  # type: ignore[union-attr]
            return self.dtypes.setdefault(part.str, part)
        return part

    def _state(self, part: Any) -> Any:
        return tuple(map(self._one_dtype, part)) if isinstance(part, tuple) else part


class _Nowhere(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes  # a large array comes as a PickleBuffer, which has no length


def unsavable_kind(value: Any) -> str:
    """The kind of an object that never crosses, from its type alone; empty if it may."""
    artist = getattr(sys.modules.get("matplotlib.artist"), "Artist", None)
    if artist is not None and isinstance(value, artist):
        return "figure" if type(value).__name__ == "Figure" else "axes"
    kind = type(value)
    if kind.__name__ in ("generator", "coroutine", "async_generator"):
        return "generator"
    if isinstance(value, io.IOBase) and not isinstance(value, (io.BytesIO, io.StringIO)):
        return "open file"
    if kind is type(sys):
        return "module"
    if (
        kind.__name__ in ("Connection", "Cursor", "socket", "Engine", "Session")
        and kind.__module__.partition(".")[0] in CONNECTIONS
    ):
        return "connection"
    return ""


CONNECTIONS = {
    "sqlite3",
    "socket",
    "psycopg2",
    "psycopg",
    "pymysql",
    "sqlalchemy",
    "duckdb",
    "_duckdb",
    "multiprocessing",
}


def dump_pickle(value: Any) -> bytes:
    """A value as a pickle that has been read back once; raises `Unsavable`."""
    buffer = io.BytesIO()
    _pickle_into(buffer, value)
    data = buffer.getvalue()
    try:
        load_pickle(data)
    except Exception as error:
        raise Unsavable("object", f"its pickle cannot be read back: {type(error).__name__}: {error}") from None
    return data


def try_pickle(value: Any) -> None:
    """Raise `Unsavable` if the value cannot be pickled; writes nothing."""
    _pickle_into(_Nowhere(), value)


def _pickle_into(stream: Any, value: Any) -> None:
    try:
        _Pickler(stream).dump(value)
    except Unsavable:
        raise
    except Exception as error:
        raise Unsavable("object", f"{type(error).__name__}: {error}") from None


def load_pickle(data: Any) -> Any:
    return pickle.loads(data)
