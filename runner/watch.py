from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any

from .refusal import Refusal
from .watch_callers import from_import_system, from_user_code
from .watch_places import Places

WATCH_VARIABLE = "CELLAR_WATCH"


class Watch:
    """What a stage reads and writes, told by Python's audit events (N28).

    Forked and spawned workers append what they see to one file, since their memory is gone when they end.
    """

    def __init__(self, places: Places, sink: str = "") -> None:
        self.places = places
        self.enabled = False
        self.pid = os.getpid() if not sink else -1
        self.reads: set = set()
        self.listed: set = set()
        self.writes: set = set()
        self.kinds: set = set()
        self.stop: Refusal | None = None
        self.sink_path = sink
        if not sink:
            self.sink, self.sink_path = tempfile.mkstemp(prefix="cellar-watch-")
            os.environ[WATCH_VARIABLE] = self.sink_path
        else:
            self.sink = os.open(sink, os.O_WRONLY | os.O_APPEND)
        os.set_inheritable(self.sink, False)
        os.lseek(self.sink, 0, os.SEEK_END)
        self.handlers = {
            "open": self.on_open,
            "os.listdir": self.on_list,
            "os.scandir": self.on_list,
            "os.rename": self.on_move,
            "os.link": self.on_move,
            "os.symlink": self.on_move,
            "os.remove": self.on_remove,
            "os.rmdir": self.on_remove,
            "os.mkdir": self.on_remove,
            "os.truncate": self.on_remove,
            "sqlite3.connect": self.on_database,
            "subprocess.Popen": self.on_process,
            "os.system": self.on_process,
            "os.posix_spawn": self.on_process,
            "socket.connect": self.on_connect,
            "socket.getaddrinfo": self.on_lookup,
        }

    def install(self) -> None:
        sys.addaudithook(self.hook)

    def hook(self, event: str, args: tuple) -> None:
        """The audit hook: silent about its own faults, but a refusal stops the user's call."""
        handler = self.handlers.get(event)
        if handler is None or not self.enabled:
            return
        try:
            handler(args)
        except Refusal as refusal:
            self.stop = refusal
            raise
        except Exception:
            return

    def note(self, what: str, value: str) -> None:
        """Remember one fact; in a worker, append it to the file."""
        if os.getpid() != self.pid:
            os.write(self.sink, (json.dumps([what, value]) + "\n").encode())
        elif what == "read":
            if value not in self.writes:
                self.reads.add(value)
        else:
            {"list": self.listed, "write": self.writes, "kind": self.kinds}[what].add(value)

    def on_open(self, args: tuple) -> None:
        name, _, flags = args
        path = self.places.absolute(name)
        if path is None or not isinstance(flags, int):
            return
        access = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
        reading = (access != os.O_WRONLY or flags & os.O_APPEND) and not flags & os.O_TRUNC
        if reading and not from_import_system(path):
            self.read(path)
        if access != os.O_RDONLY:
            self.note("write", path)

    def read(self, path: str) -> None:
        if self.places.inside(path):
            if os.path.isfile(path):
                # What this run wrote itself is its own, whoever wrote it before.
                if path not in self.writes:
                    self.places.check_intermediate(path)
                self.note("read", path)
        elif path not in self.writes and self.places.outside(path) and os.path.isfile(path):
            self.note("kind", "outside")

    def native_read(self, name: Any) -> None:
        """A read by C code, told by the library's own reader: a file, or a folder of files."""
        path = self.places.absolute(name)
        if path is not None and os.path.isdir(path):
            self.note("list", path)
        elif path is not None:
            self.read(path)

    def on_list(self, args: tuple) -> None:
        path = self.places.absolute("." if args[0] is None else args[0])
        if path is None or from_import_system(""):
            return
        if self.places.inside(path) or path == self.places.root:
            self.note("list", path)
        elif self.places.outside(path):
            self.note("kind", "outside")

    def on_move(self, args: tuple) -> None:
        source, target = self.places.absolute(args[0]), self.places.absolute(args[1])
        if source is not None and source not in self.writes:
            self.read(source)
            if self.places.inside(source):
                self.note("write", source)
        if target is not None and self.places.inside(target):
            self.note("write", target)

    def on_remove(self, args: tuple) -> None:
        path = self.places.absolute(args[0])
        if path is not None and self.places.inside(path):
            self.note("write", path)

    def on_database(self, args: tuple) -> None:
        path = self.places.absolute(args[0])
        if path is not None and os.path.isfile(path):
            self.read(path)
            self.note("write", path)

    def on_process(self, args: tuple) -> None:
        if from_user_code(self.places):
            self.note("kind", "process")

    def on_connect(self, args: tuple) -> None:
        address = args[1]
        if isinstance(address, tuple) and sys._getframe(2).f_code.co_name not in ("socketpair", "_fallback_socketpair"):
            self.note("kind", "network")

    def on_lookup(self, args: tuple) -> None:
        if args[0] not in (None, "", "localhost", b"localhost", "127.0.0.1", "::1", "0.0.0.0"):
            self.note("kind", "network")

    def collect_workers(self) -> None:
        """Take in what workers appended, and remove the file."""
        os.environ.pop(WATCH_VARIABLE, None)
        try:
            with open(self.sink_path, encoding="utf-8") as stream:
                for line in stream:
                    what, value = json.loads(line)
                    self.note(what, value)
            os.close(self.sink)
            os.unlink(self.sink_path)
        except OSError:
            return
