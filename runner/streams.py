from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import tempfile
import threading
from typing import Any, Callable

POLL_SECONDS = 0.05


class DescriptorTail:
    """What C code and child processes write to descriptor 1 or 2, read back from an unlinked file.

    A file and no pipe: a C extension that writes more than a pipe holds while it keeps the interpreter's lock
    would otherwise wait for ever.
    """

    def __init__(self, fd: int, name: str) -> None:
        self.fd, self.name = fd, name
        self.original = os.dup(fd)
        os.set_inheritable(self.original, False)
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the process)
        flags = os.O_APPEND
        try:
            import fcntl

            fcntl.fcntl(self.file.fileno(), fcntl.F_SETFL, fcntl.fcntl(self.file.fileno(), fcntl.F_GETFL) | flags)
        except ImportError:
            pass
        os.dup2(self.file.fileno(), fd, inheritable=True)
        self.position = 0
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self) -> str:
        """New text since the last call."""
        size = os.fstat(self.file.fileno()).st_size
        if size <= self.position:
            return ""
        chunks = []
        while self.position < size:
            data = _read_at(self.file, self.position, min(size - self.position, 1 << 20))
            if not data:
                break
            self.position += len(data)
            chunks.append(data)
        return self.decoder.decode(b"".join(chunks))

    def restore(self) -> None:
        os.dup2(self.original, self.fd, inheritable=True)


def _read_at(file: Any, position: int, size: int) -> bytes:
    """Bytes at a place of the file; its own offset is shared with the writers and stays."""
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, position)
    before = os.lseek(file.fileno(), 0, os.SEEK_CUR)
    os.lseek(file.fileno(), position, os.SEEK_SET)
    try:
        return os.read(file.fileno(), size)
    finally:
        os.lseek(file.fileno(), before, os.SEEK_SET)


class StreamBuffer(io.BufferedIOBase):
    """The `buffer` of the `sys.stdout` and `sys.stderr` that notebooks see: bytes go on at once, decoded."""

    def __init__(self, fd: int, write: Callable[[str], None]) -> None:
        self.fd, self._write = fd, write
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.lock = threading.RLock()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        with self.lock:
            text = self.decoder.decode(bytes(data))
        if text:
            self._write(text)
        return len(data)

    def fileno(self) -> int:
        return self.fd

    def isatty(self) -> bool:
        return False


def text_stream(fd: int, name: str, write: Callable[[str], None]) -> io.TextIOWrapper:
    """A text stream that hands every write on immediately."""
    stream = io.TextIOWrapper(
        StreamBuffer(fd, write), encoding="utf-8", errors="backslashreplace", newline="", write_through=True
    )
    stream.mode = "w"  # type: ignore[misc]
    return stream


def flush_c_streams() -> None:
    """Push out what C code has buffered in `stdout`, if the C library can be reached."""
    ctypes = sys.modules.get("ctypes")
    if ctypes is None or os.name == "nt":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).fflush(None)


def close_stdin() -> None:
    """Reading finds the end at once, here and in child processes (N41)."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0, inheritable=True)
    os.close(null)
    sys.stdin = open(os.devnull)  # noqa: SIM115 (open as long as the process)
