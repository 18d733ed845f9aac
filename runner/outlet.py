from __future__ import annotations

import faulthandler
import os
import sys
import threading
from typing import Any

from .events import EventLog
from .record import BlockOutputs
from .streams import POLL_SECONDS, DescriptorTail, flush_c_streams, text_stream


class Outlet:
    """Everything that a stage shows goes through here in order: to the event log or the terminal, and to the record."""

    def __init__(self, events: EventLog | None, blocks: int) -> None:
        self.events = events
        self.outputs = BlockOutputs(blocks)
        self.block = -1
        self.lock = threading.RLock()
        self.pending: list = []
        self.stopping = threading.Event()
        self.pid = os.getpid()

    def start(self) -> None:
        """Take over descriptors 1 and 2 and `sys.stdout`, `sys.stderr`."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.tails = [DescriptorTail(1, "stdout"), DescriptorTail(2, "stderr")]
        self.before = (sys.stdout, sys.stderr)
        sys.stdout = text_stream(1, "stdout", lambda text: self.python_text("stdout", text))
        sys.stderr = text_stream(2, "stderr", lambda text: self.python_text("stderr", text))
        faulthandler.enable(self.tails[1].original)
        self.thread = threading.Thread(target=self._poll, name="cellar-streams", daemon=True)
        self.thread.start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._in_child)

    def stop(self) -> None:
        """Give descriptors and streams back; what still waits is sent first."""
        faulthandler.disable()
        self.stopping.set()
        self.thread.join()
        self.sync()
        sys.stdout, sys.stderr = self.before
        for tail in self.tails:
            tail.restore()

    def python_text(self, name: str, text: str) -> None:
        """Text that Python code wrote; what descriptors got before comes first."""
        if os.getpid() != self.pid:
            os.write(1 if name == "stdout" else 2, text.encode("utf-8", "backslashreplace"))
            return
        with self.lock:
            self._drain()
            self.outputs.stream(self.block, name, text)
            self._send(name, text)

    def display(
        self, kind: str, data: dict, metadata: dict, display_id: str | None = None, update: bool = False
    ) -> None:
        """Show a mime bundle; `update` replaces earlier ones of that id."""
        if os.getpid() != self.pid:
            return
        with self.lock:
            self.sync()
            self.outputs.display(self.block, kind, data, metadata, display_id, update)
            if self.events:
                extra: dict[str, Any] = {"display_id": display_id} if display_id is not None else {}
                extra.update({"update": True} if update else {})
                self.events.emit("display", self.block, kind=kind, data=data, metadata=metadata, **extra)
            elif not update:
                self._print("stdout", str(data.get("text/plain", "")) + "\n")

    def clear(self, wait: bool) -> None:
        with self.lock:
            self.sync()
            self.outputs.clear(self.block, wait)
            if self.events:
                self.events.emit("clear", self.block, wait=wait)

    def event(self, name: str, **fields: Any) -> None:
        """An event that is no output; streams written before it leave first."""
        with self.lock:
            self.sync()
            if self.events:
                self.events.emit(name, self.block, **fields)

    def sync(self) -> None:
        """Bring everything written so far into the record and the log."""
        with self.lock:
            flush_c_streams()
            for stream in self.before:
                stream.flush()
            self._drain()
            self._flush()

    def _drain(self) -> None:
        for tail in self.tails:
            text = tail.read()
            if text:
                self.outputs.descriptor_stream(self.block, tail.name, text)
                self._send(tail.name, text)

    def _send(self, name: str, text: str) -> None:
        if not self.events:
            self._print(name, text)
        elif self.pending and self.pending[-1][0] == name:
            self.pending[-1][1].append(text)
        else:
            self.pending.append((name, [text]))

    def _flush(self) -> None:
        for name, parts in self.pending:
            if self.events:
                self.events.emit("stream", self.block, name=name, text="".join(parts))
        self.pending.clear()

    def _print(self, name: str, text: str) -> None:
        rest = memoryview(text.encode("utf-8", "backslashreplace"))
        fd = self.tails[0 if name == "stdout" else 1].original
        try:
            while rest:
                rest = rest[os.write(fd, rest) :]
        except OSError:
            return

    def _poll(self) -> None:
        while not self.stopping.wait(POLL_SECONDS):
            with self.lock:
                self._drain()
                self._flush()

    def _in_child(self) -> None:
        """After a fork: the lock may be held by a thread that is gone, and the log belongs to the parent."""
        self.lock = threading.RLock()
        self.pending = []
        if self.events:
            self.events.leave()
