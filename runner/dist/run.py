"""Cellar's runner: `python .cellar/run.py SCRIPT` runs a stage script, with the standard library alone.

Copied here by Cellar and used by plain `dvc repro` too. Built from the runner's sources; do not edit.
"""
from __future__ import annotations

import __future__ as features
import ast
import atexit
import base64
import builtins
import codecs
import collections
import contextlib
import datetime
import decimal
import faulthandler
import fnmatch
import functools
import hashlib
import importlib.machinery
import inspect
import io
import json
import linecache
import math
import os
import pathlib
import pickle
import platform
import re
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import tokenize
import traceback
import types
import warnings
import weakref
import zipfile
import zlib
from itertools import combinations
from typing import Any
from typing import Callable

# code.py


UNTOLD = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
TASKS = {"create_task", "ensure_future", "get_running_loop"}


class Part:
    """A compiled part of a script: its statements, and its last expression if the value is to be shown."""

    def __init__(self, body: Any, last: Any, in_loop: bool) -> None:
        self.body, self.last, self.in_loop = body, last, in_loop


def future_flags(tree: ast.Module) -> int:
    """Compiler flags of the `from __future__` imports of the slice: they count for the blocks too."""
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for name in node.names:
                flags |= getattr(getattr(features, name.name, None), "compiler_flag", 0)
    return flags


def parse(text: str, first_line: int, path: str) -> ast.Module:
    """Parse part of a script; line numbers are those of the whole file."""
    return ast.parse("\n" * (first_line - 1) + text, path)


def compile_part(tree: ast.Module, text: str, path: str, flags: int, show: bool) -> Part:
    """Compile a part; with `show` its last expression is kept apart, unless a semicolon ends it."""
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    last = None
    statements = list(tree.body)
    if show and statements and isinstance(statements[-1], ast.Expr) and not ends_quietly(text):
        expression = ast.Expression(statements.pop().value)  # type: ignore[attr-defined]
        last = compile(expression, path, "eval", flags=flags, dont_inherit=True)
    body = compile(ast.Module(statements, []), path, "exec", flags=flags, dont_inherit=True)
    return Part(body, last, _starts_tasks(tree))


def compile_slice(tree: ast.Module, text: str, path: str, flags: int) -> list:
    """The slice as (line, part) for each statement, so that each can be timed; line 0 is one that is not to be told.

    It stays in one piece where pieces would mean something else: with tasks that run on, and with module annotations.
    """
    if _starts_tasks(tree) or any(isinstance(node, ast.AnnAssign) for node in tree.body):
        return [(0, compile_part(tree, text, path, flags, show=False))]
    return [
        (
            0 if isinstance(node, UNTOLD) else node.lineno,
            compile_part(ast.Module([node], []), text, path, flags, show=False),
        )
        for node in tree.body
    ]


def ends_quietly(text: str) -> bool:
    """True if the last token of a block is a semicolon."""
    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in (
                tokenize.COMMENT,
                tokenize.NL,
                tokenize.NEWLINE,
                tokenize.ENDMARKER,
                tokenize.INDENT,
                tokenize.DEDENT,
            ):
                last = token.string
    except (tokenize.TokenError, IndentationError):
        return False
    return last == ";"


def _starts_tasks(tree: ast.Module) -> bool:
    """True if top-level code asks for the running loop, which a kernel has and a plain program has not."""
    pending: list = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if (isinstance(node, ast.Attribute) and node.attr in TASKS) or (
            isinstance(node, ast.Name) and node.id in TASKS
        ):
            return True
        pending.extend(ast.iter_child_nodes(node))
    return False


class Evaluator:
    """Runs compiled parts in one namespace, with one event loop for the whole stage (N41)."""

    def __init__(self, namespace: dict) -> None:
        self.namespace = namespace
        self.loop: Any = None

    def run(self, code: Part, show: Callable[[Any], None]) -> None:
        """Run the statements, then show the last expression's value."""
        if code.in_loop:
            self._loop().run_until_complete(self._inside(code, show))
            return
        self._evaluate(code.body)
        if code.last is not None:
            show(self._evaluate(code.last))

    async def _inside(self, code: Part, show: Callable[[Any], None]) -> None:
        for part in (code.body, code.last):
            if part is None:
                continue
            value = eval(part, self.namespace)
            if part.co_flags & inspect.CO_COROUTINE:
                value = await value
            if part is code.last:
                show(value)

    def _evaluate(self, part: Any) -> Any:
        value = eval(part, self.namespace)
        if part.co_flags & inspect.CO_COROUTINE:
            return self._loop().run_until_complete(value)
        return value

    def _loop(self) -> Any:
        if self.loop is None:
            import asyncio

            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
        return self.loop

    def close(self) -> None:
        """Cancel what still waits and close the loop."""
        if self.loop is None:
            return
        import asyncio

        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


# figures.py


BACKEND = "cellar_inline"


def is_figure(value: Any) -> bool:
    figure = sys.modules.get("matplotlib.figure")
    return figure is not None and isinstance(value, figure.Figure)


def figure_png(figure: Any) -> str:
    """A figure as base64 of a PNG without the name of the software, so that equal figures are equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight", metadata={"Software": None})
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def install_backend(show: Callable[[], None]) -> None:
    """Make the inline backend known: Agg, whose `plt.show()` puts the open figures into the output (N43)."""
    module = types.ModuleType(BACKEND)

    def load(name: str) -> Any:
        from matplotlib.backends import backend_agg

        if name in ("FigureCanvas", "FigureManager", "new_figure_manager"):
            value = getattr(
                backend_agg, {"FigureCanvas": "FigureCanvasAgg", "FigureManager": "FigureManagerBase"}.get(name, name)
            )
            setattr(module, name, value)
            return value
        raise AttributeError(name)

    module.__getattr__ = load  # type: ignore[method-assign]
    module.show = lambda *args, **kwargs: show()  # type: ignore[attr-defined]
    sys.modules[BACKEND] = module


def use_backend(matplotlib: Any) -> None:
    """Called right after matplotlib itself was imported."""
    os.environ["MPLBACKEND"] = "agg"  # for child processes: they must neither open windows nor look for our backend
    matplotlib.rcParams["backend"] = f"module://{BACKEND}"
    if matplotlib.rcParams["svg.hashsalt"] is None:
        matplotlib.rcParams["svg.hashsalt"] = "cellar"


def take_open_figures() -> list:
    """The open figures of our backend, in the order of their numbers; they are closed."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or BACKEND not in pyplot.get_backend():
        return []
    figures = [manager.canvas.figure for manager in sys.modules["matplotlib._pylab_helpers"].Gcf.get_all_fig_managers()]
    pyplot.close("all")
    return figures


# pretty.py


WIDTH = 79
LONGEST = 1000


def pretty(value: Any) -> str:
    """`text/plain` of a value: `repr`, with built-in containers broken into fitting lines and cut after 1,000 items."""
    return _pretty(value, 0, WIDTH, set())


def _pretty(value: Any, indent: int, width: int, above: set) -> str:
    brackets = BRACKETS.get(type(value))
    if brackets is None:
        return repr(value)
    if id(value) in above:
        return f"{brackets[0]}...{brackets[1]}"
    if not value:
        return repr(value)
    above = above | {id(value)}
    items = _items(value)
    opening, closing = brackets
    inner = indent + len(opening)
    if type(value) is dict:
        texts = [f"{key!r}: " for key, _ in items]
        texts = [head + _pretty(item, inner + len(head), width, above) for head, (_, item) in zip(texts, items)]
    else:
        texts = [_pretty(item, inner, width, above) for item in items]
    if len(value) > LONGEST:
        texts.append("...")
    if type(value) is tuple and len(texts) == 1:
        closing = "," + closing
    line = f"{opening}{', '.join(texts)}{closing}"
    if len(line) + indent <= width and "\n" not in line:
        return line
    return opening + (",\n" + " " * inner).join(texts) + closing


def _items(value: Any) -> list:
    """The first items of a container; sets in an order of their own, if they can be sorted."""
    if isinstance(value, (set, frozenset)):
        try:
            return sorted(value)[:LONGEST]
        except Exception:
            return sorted(value, key=repr)[:LONGEST]
    found = []
    for item in value.items() if type(value) is dict else value:
        if len(found) == LONGEST:
            break
        found.append(item)
    return found


BRACKETS = {list: ("[", "]"), tuple: ("(", ")"), dict: ("{", "}"), set: ("{", "}"), frozenset: ("frozenset({", "})")}


# mime.py


METHODS = (
    ("_repr_html_", "text/html"),
    ("_repr_markdown_", "text/markdown"),
    ("_repr_svg_", "image/svg+xml"),
    ("_repr_png_", "image/png"),
    ("_repr_pdf_", "application/pdf"),
    ("_repr_jpeg_", "image/jpeg"),
    ("_repr_latex_", "text/latex"),
    ("_repr_json_", "application/json"),
    ("_repr_javascript_", "application/javascript"),
)


def mime_bundle(value: Any, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
    """Mime bundle and metadata of a value from its own methods, as notebooks show it (N43)."""
    data: dict = {}
    metadata: dict = {}
    own = _call(value, "_repr_mimebundle_", include=include, exclude=exclude)
    if own is not None:
        bundle, extra = own if isinstance(own, tuple) else (own, {})
        data.update(bundle)
        metadata.update(extra)
    for method, mime in METHODS:
        if mime not in data:
            result = _call(value, method)
            if result is not None:
                _add(data, metadata, mime, result)
    if is_figure(value) and "image/png" not in data:
        data["image/png"] = figure_png(value)
    if "text/plain" not in data:
        data["text/plain"] = pretty(value)
    data = {mime: _content(content) for mime, content in data.items() if _wanted(mime, include, exclude)}
    return data, metadata


def _wanted(mime: str, include: Any, exclude: Any) -> bool:
    return (not include or mime in include) and (not exclude or mime not in exclude)


def _add(data: dict, metadata: dict, mime: str, result: Any) -> None:
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict):
        result, metadata[mime] = result
    data[mime] = result


def _content(content: Any) -> Any:
    """Bytes as base64 on one line, text as it is, JSON as it is."""
    return base64.b64encode(content).decode("ascii") if isinstance(content, bytes) else content


def _call(value: Any, name: str, **arguments: Any) -> Any:
    """Result of a repr method, None if the value has none; one that fails is shown on stderr and skipped."""
    if isinstance(value, type):
        return None
    try:
        if callable(getattr(value, "_ipython_canary_method_should_not_exist_", None)):
            return None
        method = getattr(value, name, None)
        return method(**arguments) if callable(method) else None
    except NotImplementedError:
        return None
    except Exception:
        sys.stderr.write(traceback.format_exc())
        return None


# events.py


EVENT_VERSION = 1


class EventLog:
    """JSON lines to `CELLAR_EVENTS`, a path or `fd:N` (N44); each line leaves in one unbuffered write."""

    def __init__(self, target: str) -> None:
        if target.startswith("fd:"):
            self.fd = int(target[3:])
        else:
            self.fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.set_inheritable(self.fd, False)

    def emit(self, event: str, block: int, **fields: Any) -> None:
        """Write one event; a reader that went away ends the log, never the stage."""
        if self.fd < 0:
            return
        line = dump_json({"v": EVENT_VERSION, "event": event, "block": block, **fields}) + "\n"
        rest = memoryview(line.encode("ascii"))
        while rest:
            try:
                rest = rest[os.write(self.fd, rest) :]
            except BlockingIOError:
                select.select([], [self.fd], [])
            except OSError:
                self.fd = -1
                return

    def leave(self) -> None:
        """In a forked child: never write into the parent's log."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def dump_json(value: Any) -> str:
    """ASCII JSON on one line that every JSON reader takes: NaN and infinities become null, the unknown its repr."""
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return json.dumps(plain_json(value), allow_nan=False)


def plain_json(value: Any) -> Any:
    """`value` with only what JSON has: str keys, finite numbers."""
    if isinstance(value, dict):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(item) for item in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return repr(value)


# terminal_text.py


ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,16}(?=[>\s,)\]]|$)")
CONTROL = re.compile(r"(\x1b\[[0-9;?]*[A-Za-z]|\r|\x08)")
RATES = (
    re.compile(r" ?\[[0-9:?]+<[^\]\n]*\]"),  # tqdm: [00:01<00:00, 9.8it/s]
    re.compile(r" ?\[[0-9:]+, *[^\]\n]*/s\]"),  # tqdm without a total: [00:01, 9.8it/s]
    re.compile(r" ?\b[0-9.]+ ?[mµu]?s/(?:step|epoch|sample|it)\b"),
    re.compile(r" ?\b[0-9.]+ ?[kKMGT]?i?(?:it|B|bytes)/s\b"),
    re.compile(r" ?\b(?:eta|ETA):? ?[0-9:hms.-]+"),
    re.compile(r"(?<= )(?:[0-9]+:)?[0-9]+:[0-9]{2}(?= |$)"),
    re.compile(r"(?<=[━=.>─]) [0-9]+s\b"),
)
STYLER_ID = re.compile(r"\bT_[0-9a-f]{5}(?=[_\"' ]|\b)")


def recorded_stream(text: str) -> str:
    """Stream text as it is recorded (N45): progress bars in their last state, no addresses, no machine paths."""
    return mask(settle(text.replace("\r\n", "\n")))


def mask(text: str) -> str:
    """Hide addresses of the form ` at 0x…>` and the folders in which Python and packages are installed."""
    if " at 0x" in text:
        text = ADDRESS.sub(" at 0x…", text)
    for folder, name in _folders():
        if folder in text:
            text = text.replace(folder, name)
    return text


def mask_html(text: str) -> str:
    """Number the random table ids of pandas' Styler, so that the same table is the same text."""
    text = mask(text)
    if "T_" not in text:
        return text
    names: dict = {}
    return STYLER_ID.sub(lambda match: names.setdefault(match.group(), f"T_{len(names):05x}"), text)


def settle(text: str) -> str:
    """What a terminal would show in the end: overwritten text gone, and rates and times of overwritten lines too."""
    if "\r" not in text and "\x08" not in text and "\x1b[A" not in text:
        return text
    lines: list = [[]]
    touched: set = set()
    restarted: set = set()
    row = col = 0
    for part in CONTROL.split(text):
        if part == "\r":
            col = 0
            touched.add(row)
            restarted.add(row)
        elif part == "\x08":
            col = max(col - 1, 0)
            touched.add(row)
        elif part.startswith("\x1b[") and part[-1] in "ABCDK":
            count = int(part[2:-1]) if part[2:-1].isdigit() else 1
            if part[-1] == "A":
                row = max(row - count, 0)
                touched.add(row)
            elif part[-1] == "B":
                row += count
            elif part[-1] == "K":
                lines[row] = [] if part == "\x1b[2K" else lines[row][:col]
            else:
                col = max(col + (count if part[-1] == "C" else -count), 0)
        elif part.startswith("\x1b["):
            row, col = _put(lines, row, col, [part])
        else:
            for index, piece in enumerate(part.split("\n")):
                if index:
                    row, col = row + 1, 0
                    while len(lines) <= row:
                        lines.append([])
                if piece and row in restarted:
                    lines[row] = []  # what a shorter text would leave of the longer one depends on the widths of times
                    restarted.discard(row)
                row, col = _put(lines, row, col, list(piece))
        while len(lines) <= row:
            lines.append([])
    return "\n".join(_without_rates("".join(line)) if n in touched else "".join(line) for n, line in enumerate(lines))


def _put(lines: list, row: int, col: int, cells: list) -> tuple[int, int]:
    line = lines[row]
    if len(line) < col:
        line.extend(" " * (col - len(line)))
    line[col : col + len(cells)] = cells
    return row, col + len(cells)


def _without_rates(line: str) -> str:
    for pattern in RATES:
        line = pattern.sub("", line)
    return line.rstrip(" ")


def _folders() -> list:
    """Folders of this machine that appear in warnings, longest first, with the name that replaces each."""
    paths = sysconfig.get_paths()
    found = {
        paths[key]: name
        for key, name in (("stdlib", "python"), ("platlib", "site-packages"), ("purelib", "site-packages"))
    }
    found.setdefault(sys.prefix, "python")
    return sorted(((path, name) for path, name in found.items() if len(path) > 4), key=lambda pair: -len(pair[0]))


# record.py


RECORDED_SCHEMA = "cellar.recorded-output"
RECORDED_VERSION = 1


class BlockOutputs:
    """Outputs of the blocks of one stage as they will be recorded (N45); mirrors what a cell would show in the end."""

    def __init__(self, blocks: int) -> None:
        self.blocks: list = [[] for _ in range(blocks)]
        self.clear_next = -1
        self.handles: dict = {}
        self.run: list = []

    def stream(self, block: int, name: str, text: str) -> None:
        """Append text to a stream; text of one stream that follows on itself is one output."""
        outputs = self._outputs(block)
        self.run = []
        if outputs and outputs[-1]["output_type"] == "stream" and outputs[-1]["name"] == name:
            outputs[-1]["text"].append(text)
        else:
            outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def descriptor_stream(self, block: int, name: str, text: str) -> None:
        """Append text of C code or a child: how the two interleave is chance, so it is stdout, then stderr."""
        outputs = self._outputs(block)
        if not (self.run and outputs and self.run[-1] is outputs[-1]):
            self.run = []
        for output in self.run:
            if output["name"] == name:
                output["text"].append(text)
                return
        output = {"output_type": "stream", "name": name, "text": [text]}
        outputs.insert(len(outputs) - len(self.run) if name == "stdout" else len(outputs), output)
        self.run = outputs[len(outputs) - len(self.run) - 1 :]

    def display(self, block: int, kind: str, data: dict, metadata: dict, display_id: str | None, update: bool) -> None:
        if update:
            for output in self.handles.get(display_id, []):
                output["data"], output["metadata"] = data, metadata
            return
        output = {"output_type": kind, "data": data, "metadata": metadata}
        self._outputs(block).append(output)
        if display_id is not None:
            self.handles.setdefault(display_id, []).append(output)

    def clear(self, block: int, wait: bool) -> None:
        if wait:
            self.clear_next = block
        elif 0 <= block < len(self.blocks):
            self.blocks[block].clear()

    def _outputs(self, block: int) -> list:
        if not 0 <= block < len(self.blocks):
            return []
        if self.clear_next == block:
            self.clear_next = -1
            self.blocks[block].clear()
        return self.blocks[block]

    def recorded(self) -> list:
        """The outputs as plain, deterministic data: blocks of nbformat outputs without counts."""
        return [_merged([_recorded(output) for output in block]) for block in self.blocks]


def _merged(outputs: list) -> list:
    result: list = []
    for output in outputs:
        last = result[-1] if result else {}
        if output["output_type"] == last.get("output_type") == "stream" and output["name"] == last["name"]:
            last["text"] += output["text"]
        else:
            result.append(output)
    return result


def _recorded(output: dict) -> dict:
    if output["output_type"] == "stream":
        return {**output, "text": recorded_stream("".join(output["text"]))}
    data = {mime: _recorded_mime(mime, value) for mime, value in output["data"].items()}
    return {**output, "data": data, "metadata": plain_json(output["metadata"])}


def _recorded_mime(mime: str, value: Any) -> Any:
    if not isinstance(value, str):
        return plain_json(value)
    if mime == "text/html":
        return mask_html(value)
    return mask(value) if mime.startswith("text/") else value


def write_recorded(path: str, script: str, outputs: list, facts: dict) -> None:
    """Write the recorded output: sorted keys, indent 1, UTF-8, a newline at the end."""
    document = {"schema": RECORDED_SCHEMA, "v": RECORDED_VERSION, "script": script, "blocks": outputs, **facts}
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: str, data: Any) -> None:
    """Replace `path` by `data` in one step, making its folder."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    part = path + ".part"
    with open(part, "wb") as stream:
        stream.write(data)
    os.replace(part, path)


# streams.py


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


# outlet.py


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


# display.py


class Display:
    """`display` and its relatives for one stage; ids are numbered, so that they are the same in every run."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet
        self.count = 0
        self.shown: set = set()

    def result(self, value: Any) -> None:
        """Show the value of a block's last expression."""
        if value is None or self._by_itself(value):
            return
        data, metadata = mime_bundle(value)
        if is_figure(value):
            self.shown.add(id(value))
        self.outlet.display("execute_result", data, metadata)

    def display(self, *values: Any, **options: Any) -> Any:
        """`display(*objects, include, exclude, metadata, display_id, raw, clear)` as notebooks know it."""
        if options.get("clear"):
            self.clear_output(wait=True)
        display_id = options.get("display_id")
        if display_id is True:
            display_id = self.new_id()
        for value in values:
            self._show(value, options, display_id)
        return DisplayHandle(self, display_id) if display_id is not None else None

    def _show(self, value: Any, options: dict, display_id: Any) -> None:
        update = bool(options.get("update"))
        if options.get("raw"):
            data, metadata = dict(value), {}
        elif self._by_itself(value):
            return
        else:
            data, metadata = mime_bundle(value, options.get("include"), options.get("exclude"))
        if is_figure(value):
            self.shown.add(id(value))
        metadata = {**metadata, **(options.get("metadata") or {})}
        self.outlet.display("display_data", data, metadata, None if display_id is None else str(display_id), update)

    def _by_itself(self, value: Any) -> bool:
        """True if the value shows itself (`_ipython_display_`)."""
        method = None if isinstance(value, type) else getattr(value, "_ipython_display_", None)
        if not callable(method) or callable(getattr(value, "_ipython_canary_method_should_not_exist_", None)):
            return False
        try:
            method()
        except NotImplementedError:
            return False
        return True

    def update_display(self, value: Any, *, display_id: Any, **options: Any) -> None:
        self.display(value, display_id=display_id, update=True, **options)

    def publish(
        self,
        data: dict,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Show a ready mime bundle (`publish_display_data`)."""
        self.display(data, raw=True, metadata=metadata, display_id=(transient or {}).get("display_id"), update=update)

    def clear_output(self, wait: bool = False) -> None:
        self.outlet.clear(bool(wait))

    def new_id(self) -> str:
        self.count += 1
        return f"cellar-{self.count}"

    def figures(self) -> None:
        """Show the open figures, as at the end of a block; one that the block displayed itself is not shown twice."""
        for figure in take_open_figures():
            if id(figure) not in self.shown:
                self._show(figure, {}, None)
        self.shown.clear()

    def install(self) -> None:
        """`display` is known everywhere, as in a kernel."""
        builtins.display = self.display  # type: ignore[attr-defined]


class DisplayHandle:
    """What `display(…, display_id=…)` gives back."""

    def __init__(self, shower: Display, display_id: Any = None) -> None:
        self._shower = shower
        self.display_id = shower.new_id() if display_id is None else display_id

    def display(self, value: Any, **options: Any) -> None:
        self._shower.display(value, display_id=self.display_id, **options)

    def update(self, value: Any, **options: Any) -> None:
        self._shower.update_display(value, display_id=self.display_id, **options)

    def __repr__(self) -> str:
        return f"<DisplayHandle display_id={self.display_id}>"


# refusal.py


class Refusal(BaseException):
    """The runner refuses to go on: a stable code, one sentence and the next step.

    It is no `Exception`, so that `except Exception:` in a notebook cannot swallow it when it is raised
    inside the user's own call (an audit hook, N28).
    """

    def __init__(
        self, code: str, message: str, next: str = "", data: dict | None = None, line: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next = next
        self.data = data or {}
        self.line = line

    def __str__(self) -> str:
        return f"{self.message} ({self.code})" + (f"\n  next: {self.next}" if self.next else "")


# tracebacks.py


OWN_FILE = os.path.abspath(globals().get("__file__", "run.py"))
OWN_FOLDER = os.path.dirname(OWN_FILE)


def formatted(error: BaseException) -> list:
    """Lines of a traceback without the runner's own frames, causes included."""
    summary = traceback.TracebackException(type(error), error, error.__traceback__)
    _strip(summary, set())
    return [line for chunk in summary.format() for line in chunk.rstrip("\n").split("\n")]


def script_lines(error: BaseException, script: str) -> list:
    """Lines of the script in the traceback, outermost first; for a syntax error in the script, its line."""
    found = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script]
    if isinstance(error, SyntaxError) and error.filename == script and error.lineno:
        found.append(error.lineno)
    return found


def is_own(filename: str) -> bool:
    """True for the runner's own source: the built file, or a module of its source folder."""
    path = os.path.abspath(filename)
    return path == OWN_FILE or (os.path.basename(OWN_FILE) == "tracebacks.py" and os.path.dirname(path) == OWN_FOLDER)


def _strip(summary: Any, seen: set) -> None:
    if summary is None or id(summary) in seen:
        return
    seen.add(id(summary))
    summary.stack[:] = [frame for frame in summary.stack if not is_own(frame.filename)]
    for other in (summary.__cause__, summary.__context__, *(getattr(summary, "exceptions", None) or ())):
        _strip(other, seen)


# watch_callers.py


FINDERS = ("importlib", "importlib_metadata", "pkgutil", "zipimport", "pkg_resources")
SOURCE_READERS = ("linecache", "tokenize", "inspect", "traceback")
CALLS_THROUGH = (
    "subprocess",
    "os",
    "posixpath",
    "ntpath",
    "_collections_abc",
    "collections",
    "asyncio",
    "concurrent",
    "contextlib",
    "runpy",
)
SHELLS = ("IPython.utils", "IPython.core")


def from_import_system(path: str) -> bool:
    """True if Python itself looks: for modules, for their metadata, or for source lines to show in a traceback."""
    frame = _caller()
    name = frame.f_globals.get("__name__", "") if frame else ""
    if name.partition(".")[0] in FINDERS or (frame and frame.f_code.co_filename.startswith("<frozen importlib")):
        return True
    return path.endswith(".py") and name in SOURCE_READERS


def from_user_code(places: Any) -> bool:
    """True if the first caller that is no go-between is the script or a module of the project."""
    frame = _caller()
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith(SHELLS):
            return True
        if name.partition(".")[0] not in CALLS_THROUGH:
            return _is_user(frame, places)
        frame = frame.f_back
    return False


def environment_read_by_user(places: Any) -> bool:
    """True if the script or a module of the project asks for a variable, itself or through `get` and `getenv`."""
    frame = _caller()
    while frame is not None and frame.f_globals.get("__name__") in ("os", "collections.abc", "_collections_abc"):
        if frame.f_code.co_name not in ("get", "getenv", "__contains__"):
            return False
        frame = frame.f_back
    return frame is not None and _is_user(frame, places) and _names_environment(frame)


def _names_environment(frame: Any) -> bool:
    """False if the frame only called C code that asked: such code has no frame of its own."""
    names = frame.f_code.co_names
    known = {**frame.f_globals, **frame.f_locals}
    return (
        "environ" in names
        or "getenv" in names
        or any(known.get(name) is os.environ for name in (*names, *frame.f_locals))
    )


def _is_user(frame: Any, places: Any) -> bool:
    filename = frame.f_code.co_filename
    if frame.f_globals.get("__name__") in ("__main__", "__mp_main__"):
        return True
    return not filename.startswith("<") and places.inside(os.path.abspath(filename))


def _caller() -> Any:
    """The frame that caused the audit event: the first one outside the runner."""
    frame: Any = sys._getframe(2)
    while frame is not None and _is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _is_own(filename: str) -> bool:
    known = KNOWN_FILES.get(filename)
    if known is None:
        known = KNOWN_FILES[filename] = is_own(filename)
    return known


KNOWN_FILES: dict = {}


# watch_places.py


OWN_PARTS = {
    ".git", ".dvc", ".cellar", "__pycache__", ".ipynb_checkpoints", "site-packages", "dist-packages", "node_modules",
    ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
}  # fmt: skip
SYSTEM = ("/usr", "/etc", "/proc", "/sys", "/dev", "/lib", "/lib64", "/bin", "/sbin", "/run", "/System", "/Library")


class Places:
    """Which paths count: those of the project, without caches, environments and Cellar's own files (N28)."""

    def __init__(self, folder: str, project: str, intermediate: list, declared: list) -> None:
        self.folder = folder
        self.root = project
        self.prefix = project + os.sep
        self.intermediate = intermediate
        self.declared = declared
        prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()}
        self.python = tuple(
            path.rstrip(os.sep) + os.sep
            for path in prefixes
            if path and not self.prefix.startswith(path.rstrip(os.sep) + os.sep)
        )
        temp = {tempfile.gettempdir(), os.path.realpath(tempfile.gettempdir())}
        self.temp = tuple(path + os.sep for path in temp if not self.prefix.startswith(path + os.sep))
        self.home = os.path.expanduser("~") + os.sep

    def absolute(self, name: Any) -> str | None:
        """Absolute path of what was opened; None for descriptors and odd names."""
        if isinstance(name, int) or name is None:
            return None
        path = os.fsdecode(name)
        if not path or path.startswith((":memory:", "file:")):
            return None
        path = os.path.abspath(path)
        if not path.startswith(self.prefix):
            real = os.path.realpath(path)
            if real.startswith(self.prefix):
                return real
        return path

    def inside(self, path: str) -> bool:
        """True for a file of the project that counts."""
        if not path.startswith(self.prefix) or path.startswith(self.python):
            return False
        return OWN_PARTS.isdisjoint(path[len(self.prefix) :].split(os.sep)) and not path.endswith(
            (".pyc", ".pyo", ".part")
        )

    def outside(self, path: str) -> bool:
        """True for data elsewhere on this machine: no part of Python, the system, or a program's settings."""
        if path.startswith(self.prefix) or path == self.root or path.startswith(self.python):
            return False
        if path.startswith(tuple(place + os.sep for place in SYSTEM)) or (self.temp and path.startswith(self.temp)):
            return False
        if not OWN_PARTS.isdisjoint(path.split(os.sep)):
            return False
        return not (path.startswith(self.home) and path[len(self.home) :].startswith("."))

    def is_declared(self, path: str) -> bool:
        """True if the path, or a folder above it, is a declared dep or out, or ignored by the user."""
        return any(path == known or path.startswith(known + os.sep) for known in self.declared)

    def check_intermediate(self, path: str) -> None:
        """Stop a run that reads what another stage writes without saying so (N28)."""
        if self.is_declared(path):
            return
        for known in self.intermediate:
            if path == known or path.startswith(known + os.sep):
                shown = self.relative(path)
                raise Refusal(
                    "E_UNDECLARED_INTERMEDIATE",
                    f"This stage reads {shown}, which another stage writes, but does not declare it.",
                    f"Add {shown} to the inputs of the stage",
                    {"path": shown, "fixes": ["add-dep"]},
                )

    def relative(self, path: str) -> str:
        """Project-relative path in POSIX form."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")

    def from_folder(self, path: str) -> str:
        """Path relative to the working directory in POSIX form."""
        return os.path.relpath(path, self.folder).replace(os.sep, "/")


# watch.py


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


# environment_reads.py


def watch_environment(watch: Watch) -> None:
    """Note reads of environment variables by the script and the project's modules, by name only (N27)."""
    kind = type(os.environ)
    read, write = kind.__getitem__, kind.__setitem__
    own: set = set()

    def __getitem__(self: Any, key: str) -> str:
        if watch.enabled and key not in own and isinstance(key, str) and environment_read_by_user(watch.places):
            watch.note("kind", f"environ:{key}")
        return read(self, key)

    def __setitem__(self: Any, key: str, value: str) -> None:
        if watch.enabled and isinstance(key, str):
            own.add(key)
        write(self, key, value)

    kind.__getitem__ = __getitem__  # type: ignore[method-assign]
    kind.__setitem__ = __setitem__  # type: ignore[method-assign]


# equality.py


def same(a: Any, b: Any) -> bool:
    """Strict equality (N39): equal in type, dtypes, index names, freq, columns, categories, types of cells.

    NaN equals NaN; the order of a dict's keys counts, since later code may iterate over them.
    """
    if type(a) is not type(b):
        return False
    if a is b:
        return True
    if isinstance(a, float):
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) and same(a[x], b[y]) for x, y in zip(a, b))
    if isinstance(a, (set, frozenset)):
        return a == b and sorted(map(_named, a)) == sorted(map(_named, b))
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(a, numpy.ndarray):
        return same_arrays(a, b) and a.flags.writeable == b.flags.writeable
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        if isinstance(a, pandas.DataFrame):
            return same_frames(a, b)
        if isinstance(a, pandas.Series):
            return same(a.name, b.name) and same_marks(a, b) and same_indexes(a.index, b.index) and same_columns(a, b)
        if isinstance(a, pandas.Index):
            return same_indexes(a, b)
    if numpy is not None and isinstance(a, numpy.generic):
        return (a.dtype == b.dtype and a.tobytes() == b.tobytes()) or (a != a and b != b)
    return _equal(a, b)


def _named(value: Any) -> str:
    return f"{type(value).__name__} {value!r}"


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, decimal.Decimal):
        return a.as_tuple() == b.as_tuple()  # 1.5 and 1.50 are equal numbers and other texts
    if isinstance(a, (datetime.datetime, datetime.time, datetime.timedelta)) and not _same_clock(a, b):
        return False
    try:
        return bool(a == b) or bool(a != a and b != b)
    except Exception:
        return False


def _same_clock(a: Any, b: Any) -> bool:
    """One moment has other hours in another zone; a unit of pandas bounds what can be added."""
    return all(str(getattr(a, fact, "")) == str(getattr(b, fact, "")) for fact in ("tzinfo", "fold", "unit"))


def same_arrays(a: Any, b: Any) -> bool:
    """Numpy arrays of one type: dtype, shape and every element, for objects with their types."""
    import numpy

    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.hasobject:
        return a.dtype.kind == "O" and all(same(x, y) for x, y in zip(a.ravel().tolist(), b.ravel().tolist()))
    if a.dtype.kind in "fcmM":
        return bool(numpy.array_equal(a, b, equal_nan=True))
    if a.dtype.kind == "V":
        return a.tobytes() == b.tobytes()
    return bool(numpy.array_equal(a, b))


def same_frames(a: Any, b: Any) -> bool:
    """Pandas frames: index, columns, attrs, memory order and every column."""
    return (
        same_indexes(a.columns, b.columns)
        and same_indexes(a.index, b.index)
        and same_marks(a, b)
        and row_major(a) == row_major(b)
        and all(same_columns(a.iloc[:, i], b.iloc[:, i]) for i in range(a.shape[1]))
    )


def same_marks(a: Any, b: Any) -> bool:
    """What a frame or series carries beside its values: attrs and flags."""
    return same(a.attrs, b.attrs) and a.flags.allows_duplicate_labels == b.flags.allows_duplicate_labels


def row_major(frame: Any) -> bool:
    """True if the frame lies in memory row by row: sums over it may differ in the last bit from the usual order."""
    import numpy

    dtypes = set(frame.dtypes)
    if len(dtypes) != 1 or frame.shape[1] < 2 or frame.shape[0] < 2 or not isinstance(next(iter(dtypes)), numpy.dtype):
        return False
    if next(iter(dtypes)).kind == "O":
        return False
    flags = frame.to_numpy(copy=False).flags
    return bool(flags.c_contiguous and not flags.f_contiguous)


def same_dtypes(a: Any, b: Any) -> bool:
    if type(a) is not type(b) or a != b or str(a) != str(b):
        return False
    categories = getattr(a, "categories", None)
    if categories is not None:
        return a.ordered == b.ordered and same_indexes(categories, b.categories)
    return getattr(a, "storage", None) == getattr(b, "storage", None)


def same_indexes(a: Any, b: Any) -> bool:
    """Pandas indexes: type, dtype, names, freq and every value."""
    if type(a) is not type(b) or len(a) != len(b) or not same(list(a.names), list(b.names)):
        return False
    if a.nlevels > 1:
        return all(same_indexes(a.get_level_values(i), b.get_level_values(i)) for i in range(a.nlevels))
    return getattr(a, "freq", None) == getattr(b, "freq", None) and same_columns(a, b)


def same_columns(a: Any, b: Any) -> bool:
    """Values of two series or one-level indexes."""
    import numpy

    if len(a) != len(b) or not same_dtypes(a.dtype, b.dtype):
        return False
    if a.dtype == object:
        return all(same(x, y) for x, y in zip(a.to_numpy().tolist(), b.to_numpy().tolist()))
    if isinstance(a.dtype, numpy.dtype):
        return same_arrays(numpy.asarray(a), numpy.asarray(b))
    if hasattr(a.dtype, "categories"):
        codes = (getattr(x, "cat", x).codes for x in (a, b))
        return bool(numpy.array_equal(*codes))
    missing = numpy.asarray(a.isna())
    if not numpy.array_equal(missing, numpy.asarray(b.isna())):
        return False
    return bool(numpy.all(numpy.asarray(a[~missing] == b[~missing])))


# facts.py


def run_facts(started: float) -> dict[str, Any]:
    """What stays outside git (N45): time, memory, interpreter, platform, accelerator, versions of what was imported."""
    return {
        "seconds": round(time.perf_counter() - started, 3),
        "peak_memory": peak_memory(),
        "interpreter": sys.executable,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": f"{sys.platform}-{platform.machine()}",
        "accelerator": accelerator(),
        "distributions": distributions(),
    }


def peak_memory() -> int | None:
    """Largest resident size in bytes of this process or a child."""
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def accelerator() -> str | None:
    """Name of the accelerator that torch used, if it did."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    try:
        return cuda.get_device_name() if cuda is not None and cuda.is_initialized() else None
    except Exception:
        return None


def distributions() -> dict:
    """Name → version of the installed distributions of which a module is imported, from the names of their folders."""
    installed: dict = {}
    for folder in sys.path:
        if folder.endswith("-packages") and os.path.isdir(folder):
            for entry in os.listdir(folder):
                name, _, version = (
                    entry[: -len(".dist-info")].rpartition("-") if entry.endswith(".dist-info") else ("", "", "")
                )
                if name:
                    installed.setdefault(_normal(name), version)
    tops = {name.partition(".")[0] for name in list(sys.modules)}
    names = sorted({DISTRIBUTIONS.get(top, _normal(top)) for top in tops})
    return {name: installed[name] for name in names if name in installed}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


DISTRIBUTIONS = {
    "PIL": "pillow", "attr": "attrs", "bs4": "beautifulsoup4", "cv2": "opencv-python", "dateutil": "python-dateutil",
    "google": "protobuf", "jwt": "pyjwt", "mpl_toolkits": "matplotlib", "pkg_resources": "setuptools",
    "skimage": "scikit-image",    "sklearn": "scikit-learn", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip
"""Distributions whose name is not that of their module."""


# serial_json.py


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


# frame_labels.py


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


# frame_repair.py


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


# header.py


SEMANTICS = 1
"""Number of what this runner does (N47): raised when results could differ."""

HEADER_PREFIX = "# cellar: "
BLOCK_MARK = "# %%"
HEADER_KEYS = [
    "v",
    "semantics",
    "notebook",
    "stage",
    "vars_in",
    "vars_out",
    "files_in",
    "files_out",
    "ignore",
    "params",
    "outputs",
    "blocks",
    "bound_in",
    "md5",
]


class Script:
    """A stage script that has been checked (N9): its header, its text, and where its parts begin."""

    def __init__(self, path: str, text: str, header: dict) -> None:
        self.path = path
        self.text = text
        self.header = header
        self.lines = text.split("\n")
        self.block_lines: list = header["blocks"]

    @property
    def body(self) -> str:
        """The text without line 1."""
        return self.text.partition("\n")[2]

    def slice_text(self) -> tuple[int, str]:
        """First line and text of what stands above the first block."""
        end = self.block_lines[0] - 2 if self.block_lines else len(self.lines)
        return 2, "\n".join(self.lines[1:end]) + "\n"

    def block_text(self, index: int) -> tuple[int, str]:
        """First line and text of block `index`, without its mark."""
        start = self.block_lines[index]
        last = index + 1 == len(self.block_lines)
        end = len(self.lines) if last else self.block_lines[index + 1] - 2
        return start, "\n".join(self.lines[start - 1 : end]).rstrip("\n") + "\n"


def read_script(path: str) -> Script:
    """Read and check a stage script; refuses a changed one, a newer one, and what is no stage script (N9, N10, N47)."""
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as error:
        raise Refusal(
            "E_SCRIPT_MISSING",
            f"The stage script {path} cannot be read: {error.strerror}.",
            "Compile the notebook again: cellar compile",
        ) from None
    first, _, rest = data.partition(b"\n")
    header = parse_header(path, first.decode("utf-8", "replace"))
    if hashlib.md5(rest, usedforsecurity=False).hexdigest() != header["md5"]:
        raise Refusal(
            "E_SCRIPT_EDITED",
            f"{path} was changed by hand: its text does not match the MD5 on its first line.",
            "Change the notebook instead and compile it: cellar compile",
            {"path": path},
        )
    return Script(path, data.decode("utf-8"), header)


def parse_header(path: str, line: str) -> dict:
    """Line 1 of a stage script as a dict with every key of `ScriptHeader`."""
    again = "Compile the notebook again: cellar compile"
    if not line.startswith(HEADER_PREFIX):
        raise Refusal(
            "E_SCRIPT_HEADER", f"{path} is not a stage script: line 1 does not begin with '{HEADER_PREFIX}'.", again
        )
    try:
        header = json.loads(line[len(HEADER_PREFIX) :])
    except ValueError:
        raise Refusal("E_SCRIPT_HEADER", f"Line 1 of {path} is not JSON.", again) from None
    if not isinstance(header, dict):
        raise Refusal("E_SCRIPT_HEADER", f"Line 1 of {path} is not a JSON object.", again)
    semantics = header.get("semantics")
    if isinstance(semantics, int) and (semantics > SEMANTICS or header.get("v") != 1):
        raise Refusal(
            "E_RUNNER_TOO_OLD",
            f"{path} needs a runner of semantics {semantics}; this .cellar/run.py has {SEMANTICS}.",
            "Upgrade Cellar and compile the notebook again",
            {"needs": semantics, "has": SEMANTICS},
        )
    missing = [key for key in HEADER_KEYS if key not in header]
    if missing or not re.fullmatch("[0-9a-f]{32}", str(header.get("md5"))):
        raise Refusal("E_SCRIPT_HEADER", f"Line 1 of {path} lacks: {', '.join(missing) or 'a valid md5'}.", again)
    return header


# notebook_api.py


def patch_ipython(module: Any, display: Display) -> None:
    """Point the display functions of a real IPython at this stage's output."""
    module.display = display.display
    module.update_display = display.update_display
    module.clear_output = display.clear_output
    module.publish_display_data = display.publish
    module.DisplayHandle = lambda display_id=None: DisplayHandle(display, display_id)


def provide_ipython(module: Any, display: Display) -> None:
    """Fill a module that stands in for a part of IPython that is not installed."""
    if module.__name__ in ("IPython", "IPython.core"):
        module.__path__ = []
        module.get_ipython = lambda: None
        module.display = display.display
        return
    patch_ipython(module, display)
    for kind in (HTML, Markdown, Latex, Math, SVG, JSON, Javascript, Image, Code, Pretty):
        setattr(module, kind.__name__, kind)


class Shown:
    """Content with a mime type of its own, given as data or read from a file."""

    mime = ""
    binary = False

    def __init__(
        self, data: Any = None, url: Any = None, filename: Any = None, metadata: Any = None, **options: Any
    ) -> None:
        if filename is not None:
            with open(filename, "rb") as stream:
                data = stream.read() if self.binary else stream.read().decode()
        self.data, self.url, self.metadata, self.options = data, url, metadata or {}, options

    def __repr__(self) -> str:
        return f"<IPython.core.display.{type(self).__name__} object>"

    def content(self) -> Any:
        return self.data

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        return {self.mime: self.content()}, {self.mime: self.metadata} if self.metadata else {}


class HTML(Shown):
    mime = "text/html"

    def _repr_html_(self) -> Any:
        return self.data


class Markdown(Shown):
    mime = "text/markdown"


class Latex(Shown):
    mime = "text/latex"


class Math(Latex):
    def content(self) -> str:
        return f"$\\displaystyle {str(self.data).strip('$')}$"


class SVG(Shown):
    mime = "image/svg+xml"


class JSON(Shown):
    mime = "application/json"

    def content(self) -> Any:
        return json.loads(self.data) if isinstance(self.data, str) else self.data


class Javascript(Shown):
    mime = "application/javascript"


class Code(Shown):
    mime = "text/plain"


class Pretty(Shown):
    mime = "text/plain"


class Image(Shown):
    """A PNG or JPEG from bytes or a file, or a link to one."""

    mime = "image/png"
    binary = True

    def __init__(self, data: Any = None, url: Any = None, filename: Any = None, **options: Any) -> None:
        if isinstance(data, str):
            filename, data = data, None
        super().__init__(data, url, filename, **options)
        if isinstance(self.data, bytes) and self.data[:2] == b"\xff\xd8":
            self.mime = "image/jpeg"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        if self.data is None:
            return {"text/html": f'<img src="{self.url}"/>'}, {}
        size = {key: self.options[key] for key in ("width", "height") if self.options.get(key) is not None}
        return {self.mime: base64.b64encode(self.data).decode("ascii")}, {self.mime: size} if size else {}


# plotly_figures.py


PLOTLY_MIME = "application/vnd.plotly.v1+json"


def show_plotly(module: Any, display: Display) -> None:
    """Let Plotly figures be data: by itself Plotly opens a browser, or asks for packages of Jupyter."""

    def bundle(figure: Any, include: Any = None, exclude: Any = None, **_: Any) -> dict:
        return {PLOTLY_MIME: json.loads(figure.to_json())}

    def show(figure: Any, *args: Any, **kwargs: Any) -> None:
        display.display(figure)

    module.BaseFigure._ipython_display_ = None
    module.BaseFigure._repr_mimebundle_ = bundle
    module.BaseFigure._repr_html_ = None
    module.BaseFigure.show = show


# import_hooks.py


def install_import_hooks(display: Display, more: dict) -> None:
    """Adjust a few libraries right after they are imported, so that they show the same as in a notebook; `more` too."""
    actions: dict[str, Callable[[Any], None]] = {
        "matplotlib": use_backend,
        "pandas": show_frames_as_notebooks,
        "IPython.core.display_functions": lambda module: patch_ipython(module, display),
        "IPython.display": lambda module: patch_ipython(module, display),
        "plotly.basedatatypes": lambda module: show_plotly(module, display),
        **more,
    }
    for name, action in list(actions.items()):
        if name in sys.modules:
            actions.pop(name)
            action(sys.modules[name])
    sys.meta_path.insert(0, AfterImport(actions))
    sys.meta_path.append(Provider({"IPython", "IPython.display", "IPython.core", "IPython.core.display"}, display))


def show_frames_as_notebooks(pandas: Any) -> None:
    """Outside a terminal pandas shows twenty columns; it takes every plain Python for a terminal."""
    if pandas.get_option("display.max_columns") == 0:
        pandas.set_option("display.max_columns", 20)


class AfterImport:
    """A finder that calls an action once a module has been executed."""

    def __init__(self, actions: dict) -> None:
        self.actions = actions
        self.busy: set = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        action = self.actions.get(name)
        if action is None or name in self.busy:
            return None
        self.busy.add(name)
        try:
            spec = _other_spec(self, name, path, target)
        finally:
            self.busy.discard(name)
        loader = getattr(spec, "loader", None)
        if spec is not None and loader is not None and hasattr(loader, "exec_module"):
            spec.loader = _ActingLoader(loader, action)
        return spec


def _other_spec(own: Any, name: str, path: Any, target: Any) -> Any:
    for finder in sys.meta_path:
        if finder is not own and not isinstance(finder, Provider):
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None else None
            if spec is not None:
                return spec
    return None


class _ActingLoader:
    """A module's own loader, with an action after it."""

    def __init__(self, loader: Any, action: Callable[[Any], None]) -> None:
        self._loader, self._action = loader, action

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._action(module)


class Provider:
    """Stands in for `IPython.display` where IPython is not installed: `display`, `HTML`, `Image` and their like."""

    def __init__(self, names: set, display: Display) -> None:
        self.names, self.shower = names, display

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self.names:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=name in ("IPython", "IPython.core"))  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        provide_ipython(module, self.shower)


# serial_numpy.py


ZIP_TIME = (1980, 1, 1, 0, 0, 0)
READ_ONLY = b"cellar: read-only"
"""Stands behind the elements of an array that cannot be written to; `numpy.load` does not read so far."""
LIST_COMMENTS = {list: b"cellar: list", tuple: b"cellar: tuple"}


def dump_npy(value: Any) -> bytes:
    """A plain numpy array as an `.npy` file."""
    import numpy

    if type(value) is not numpy.ndarray or value.dtype.hasobject:
        raise NotExact
    buffer = io.BytesIO()
    try:
        numpy.save(buffer, value, allow_pickle=False)
    except ValueError:
        raise NotExact from None
    if not value.flags.writeable:
        buffer.write(READ_ONLY)
    data = buffer.getvalue()
    if value.dtype.kind == "V" and not same(load_npy(data), value):
        raise NotExact
    return data


def load_npy(data: Any) -> Any:
    import numpy

    stream = io.BytesIO(data)
    array = numpy.load(stream, allow_pickle=False)
    if stream.read() == READ_ONLY:
        array.setflags(write=False)
    return array


def dump_npz(value: Any) -> bytes:
    """A dict with str keys, a list or a tuple of plain arrays as an `.npz` file with fixed times and no compression."""
    numpy = sys.modules["numpy"]
    if type(value) is dict:
        names, arrays = list(value), list(value.values())
    elif type(value) in LIST_COMMENTS:
        names, arrays = [f"arr_{i}" for i in range(len(value))], list(value)
    else:
        raise NotExact
    if (
        not arrays
        or not all(type(array) is numpy.ndarray for array in arrays)
        or len({id(array) for array in arrays}) < len(arrays)
    ):
        raise NotExact
    if not all(type(name) is str and name.isidentifier() for name in names):
        raise NotExact
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in zip(names, arrays):
            archive.writestr(zipfile.ZipInfo(name + ".npy", ZIP_TIME), dump_npy(array))
        archive.comment = LIST_COMMENTS.get(type(value), b"")
    return buffer.getvalue()


def load_npz(data: Any) -> Any:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        arrays = {name[: -len(".npy")]: load_npy(archive.read(name)) for name in archive.namelist()}
        for kind, comment in LIST_COMMENTS.items():
            if archive.comment == comment:
                return kind(arrays.values())
    return arrays


# serial_parquet.py


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


# serial_pickle.py


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


# serial.py


LOADERS = {"json": load_json_value, "parquet": load_parquet, "npy": load_npy, "npz": load_npz, "pickle": load_pickle}
CANONICAL = ("json", "parquet", "npy", "npz")
"""Formats of which equal values are equal bytes (N39)."""


def dump(value: Any) -> tuple[str, Any]:
    """Format and bytes of a value: the first of JSON, Parquet, npy, npz, pickle that reads back equal (N39)."""
    for name, fits, write in LADDER:
        if fits(value):
            try:
                return name, write(value)
            except NotExact:
                continue
    return "pickle", dump_pickle(value)


def load(data: Any) -> Any:
    """The value in the bytes of a variable file."""
    return LOADERS[detect(bytes(memoryview(data)[:8]))](data)


def load_file(path: str) -> Any:
    """The value in a variable file."""
    with open(path, "rb") as stream:
        return load(stream.read())


def detect(head: bytes) -> str:
    """Format of a variable file by its first bytes."""
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:6] == b"\x93NUMPY":
        return "npy"
    if head[:2] == b"PK":
        return "npz"
    return "pickle" if head[:1] == b"\x80" else "json"


def check_savable(value: Any) -> None:
    """Raise `Unsavable` if the value will not be savable at the end of the stage (N37); cheap for plain data."""
    what = unsavable_kind(value)
    if what:
        raise Unsavable(what, f"it is a {type(value).__name__}")
    if is_tabular(value) or _is_array(value) or value is None or isinstance(value, (bool, int, float, str, bytes)):
        return
    try_pickle(value)


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray and not value.dtype.hasobject


def _holds_arrays(value: Any) -> bool:
    """True for a container of nothing but arrays: npz keeps these readable for others, before tagged JSON."""
    items = value.values() if type(value) is dict else value if type(value) in (list, tuple) else ()
    return len(items) > 0 and all(_is_array(item) for item in items)


LADDER = (
    ("json", lambda value: not (is_tabular(value) or _is_array(value) or _holds_arrays(value)), dump_json_value),
    ("parquet", is_tabular, dump_parquet),
    ("npy", _is_array, dump_npy),
    ("npz", _holds_arrays, dump_npz),
)


# variables.py


FIXES = ["merge-stages", "make-setup", "write-file"]


class Inputs:
    """The variables that a stage takes in; knows afterwards which values the stage changed (N38)."""

    def __init__(self, paths: dict) -> None:
        self.paths = paths
        self.originals: dict = {}

    def load(self) -> dict:
        """Name → value of every input variable."""
        return {name: self._load(name, path) for name, path in self.paths.items()}

    def _load(self, name: str, path: str) -> Any:
        data = read_variable(name, path)
        kind = detect(bytes(data[:8]))
        try:
            value = load(data)
        except Exception as error:
            raise Refusal(
                "E_INPUT_UNREADABLE",
                f"The variable {name} cannot be loaded from {path}: {type(error).__name__}: {error}.",
                "Run the stage that makes it again",
                {"variable": name, "path": path, "format": kind},
            ) from None
        if kind in CANONICAL:
            self.originals[name] = _reference(value)
        return value

    def changed(self) -> list:
        """Inputs whose object is not what its file holds any more, sorted; pickled ones are not compared."""
        found = []
        for name, reference in self.originals.items():
            value = reference()
            if value is not None and not same(load(read_variable(name, self.paths[name])), value):
                found.append(name)
        return sorted(found)


def _reference(value: Any) -> Any:
    """A weak reference where possible, so that a large input that the stage drops is freed."""
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value


def read_variable(name: str, path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise Refusal(
            "E_INPUT_MISSING",
            f"The variable {name} is not there: {path}: {error.strerror}.",
            "Run the stage that makes it",
            {"variable": name, "path": path},
        ) from None


def check_variables(namespace: dict, names: list, block: int) -> None:
    """Refuse a variable that will not be savable, right after the last block that binds it (N37)."""
    for name in names:
        if name in namespace:
            try:
                check_savable(namespace[name])
            except Unsavable as error:
                raise refused(name, namespace[name], error, block) from None


def refused(name: str, value: Any, error: Unsavable, block: int) -> Refusal:
    kind = type(value).__name__
    return Refusal(
        "E_UNSAVABLE",
        f"The variable {name} ({kind}) is read by a later stage but cannot be saved: {error}.",
        UNSAVABLE.get(error.what, "merge the stages, make it in setup, or write a file").capitalize(),
        {"variable": name, "type": kind, "kind": error.what, "block": block, "fixes": FIXES},
    )


def save_variables(namespace: dict, paths: dict, bound_in: dict) -> dict:
    """Write every variable out; name → format. What was written is removed again if one cannot be saved."""
    formats: dict = {}
    written: list = []
    try:
        for name, path in paths.items():
            if name not in namespace:
                raise Refusal(
                    "E_VARIABLE_UNBOUND",
                    f"A later stage reads {name}, but this stage did not bind it.",
                    f"Bind {name} on every way through the stage",
                    {"variable": name, "block": bound_in.get(name, -1)},
                )
            try:
                formats[name], data = dump(namespace[name])
            except Unsavable as error:
                raise refused(name, namespace[name], error, bound_in.get(name, -1)) from None
            write_bytes(path, data)
            written.append(path)
    except BaseException:
        for path in written:
            os.unlink(path)
        raise
    return formats


# kernel_help.py


def load_results(namespace: dict, spec: dict) -> dict:
    """Bring a live kernel to the state before a stage (N59): definitions of setup, parameters, recorded variables.

    `namespace` is the kernel's; `spec` is {setup, params, variables: [{name, path, stage?}],
    placeholders: [{name, stage?, reason, fix?}], folder?}. Nothing is installed or changed but the names
    themselves. The answer can go through JSON:
    {ok, semantics, loaded: [{name, format, bytes, type}], placeholders: [name], errors: [{name, code, message, next}]}.
    """
    errors: list = []
    namespace.update(spec.get("params") or {})
    _define(namespace, spec.get("setup") or "", errors)
    loaded = []
    for variable in spec.get("variables") or []:
        name, path = variable["name"], _path(spec, variable)
        try:
            data = read_variable(name, path)
            namespace[name] = load(data)
        except Refusal as refusal:
            errors.append({"name": name, "code": refusal.code, "message": refusal.message, "next": refusal.next})
        except Exception as error:
            text = f"The variable {name} cannot be loaded: {type(error).__name__}: {error}."
            errors.append(
                {
                    "name": name,
                    "code": "E_INPUT_UNREADABLE",
                    "message": text,
                    "next": "Run the stage that makes it again",
                }
            )
        else:
            kind = type(namespace[name]).__name__
            loaded.append({"name": name, "format": detect(data[:8]), "bytes": len(data), "type": kind})
            continue
        namespace[name] = Placeholder(name, variable.get("stage", ""), errors[-1]["message"], errors[-1]["next"])
    for missing in spec.get("placeholders") or []:
        fix = missing.get("fix") or "Reproduce the notebook, then load the results again"
        namespace[missing["name"]] = Placeholder(missing["name"], missing.get("stage", ""), missing["reason"], fix)
    names = [missing["name"] for missing in spec.get("placeholders") or []]
    return {"ok": not errors, "semantics": SEMANTICS, "loaded": loaded, "placeholders": names, "errors": errors}


def inspect_results(spec: dict) -> dict:
    """Format and size of the variables of a spec, without loading one; a pickle is code and is marked so (N59)."""
    found = []
    for variable in spec.get("variables") or []:
        path = _path(spec, variable)
        try:
            with open(path, "rb") as stream:
                kind = detect(stream.read(8))
            facts = {"format": kind, "bytes": os.path.getsize(path), "pickle": kind == "pickle", "missing": False}
        except OSError:
            facts = {"format": None, "bytes": 0, "pickle": False, "missing": True}
        found.append({"name": variable["name"], "path": variable["path"], **facts})
    return {"variables": found, "bytes": sum(item["bytes"] for item in found), "python": sys.executable}


def _path(spec: dict, variable: dict) -> str:
    return os.path.join(spec.get("folder") or "", variable["path"])


def _define(namespace: dict, setup: str, errors: list) -> None:
    """Execute the text of setup as if it had been typed: its source is known to tracebacks and `inspect`."""
    if not setup.strip():
        return
    import linecache

    name = f"<cellar-setup-{abs(hash(setup)):x}>"
    linecache.cache[name] = (len(setup), None, [line + "\n" for line in setup.split("\n")], name)
    try:
        part = compile_part(parse(_without_magics(setup), 1, name), setup, name, 0, show=False)
        exec(part.body, namespace)
    except Exception as error:
        text = f"The notebook's setup fails in this kernel: {type(error).__name__}: {error}."
        errors.append(
            {
                "name": "",
                "code": "E_SETUP_FAILED",
                "message": text,
                "next": "Run the setup cells one by one to see where",
            }
        )


def _without_magics(text: str) -> str:
    """Magics and shell lines are for a stage's own process; in a live kernel they are left out, lines stay in place."""
    try:
        parse(text, 1, "<setup>")
        return text
    except SyntaxError:
        return "\n".join("" if line.lstrip()[:1] in ("%", "!") else line for line in text.split("\n"))


class Placeholder:
    """Stands for a result that is not fresh: every use says which variable, which stage, and what to do."""

    def __init__(self, name: str, stage: str, reason: str, fix: str) -> None:
        of = f" of stage {stage}" if stage else ""
        why, next_step = reason.rstrip(". "), fix.rstrip(". ")
        object.__setattr__(self, "_cellar_message", f"{name}{of} was not loaded: {why}. {next_step}.")

    def __repr__(self) -> str:
        return f"<{object.__getattribute__(self, '_cellar_message')}>"

    def __getattribute__(self, name: str) -> Any:
        if name in ("__class__", "__dict__", "__repr__", "__doc__", "__module__") or name.startswith(
            ("_repr_", "_ipython_")
        ):
            return object.__getattribute__(self, name)
        return _fail(self)


class NotLoaded(builtins.RuntimeError):
    """A placeholder was used."""


def _fail(placeholder: Any, *args: Any, **kwargs: Any) -> Any:
    raise NotLoaded(object.__getattribute__(placeholder, "_cellar_message")) from None


OPERATIONS = (
    "call iter len getitem setitem delitem contains bool hash eq ne lt le gt ge add radd sub rsub mul rmul "
    "truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul rmatmul and rand or ror xor rxor neg pos abs "
    "invert int float complex index str format bytes enter exit await aiter next reversed iadd isub imul "
    "setattr delattr array dataframe round reduce_ex"
)
for operation in OPERATIONS.split():
    setattr(Placeholder, f"__{operation}__", _fail)


# lifeline.py


GRACE_SECONDS = 1.0
F_SETSIG = 10


def watch_lifeline(fd: int) -> None:
    """End this process and its group when the other end of `fd` closes (N55).

    On Linux the kernel itself sends the signal, so that C code which holds the interpreter's lock ends too.
    """
    os.set_inheritable(fd, False)
    threading.Thread(target=_wait, args=(fd,), name="cellar-lifeline", daemon=True).start()
    if sys.platform == "linux":
        import fcntl

        owner = -os.getpgrp() if _leads_group() else os.getpid()
        try:
            fcntl.fcntl(fd, fcntl.F_SETOWN, owner)
            fcntl.fcntl(fd, F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
        except OSError:
            return


def _leads_group() -> bool:
    return hasattr(os, "getpgrp") and os.getpgrp() == os.getpid()


def _wait(fd: int) -> None:
    try:
        while os.read(fd, 4096):
            pass
    except OSError:
        pass
    if _leads_group():
        signal_group(signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        signal_group(signal.SIGKILL)
    os._exit(1)


def signal_group(number: int) -> None:
    try:
        os.killpg(os.getpgrp(), number)
    except OSError:
        return


# magics.py


MAGIC_LINE = re.compile(r"^\s*(?:[%!]|[\w.,\s]+=\s*[%!])", re.M)


def has_magic(text: str) -> bool:
    """True if a part of a script is no Python because of a magic or a shell line."""
    if not MAGIC_LINE.search(text):
        return False
    try:
        ast.parse(text)
    except SyntaxError:
        return True
    return False


def transform(text: str) -> str:
    """Turn magics and shell lines into calls, as IPython does; line numbers stay, but for cell magics."""
    if not has_magic(text):
        return text
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(text)


def load_magics(module: Any, display: Display) -> None:
    """Load IPython, only to run magics (N43): no history, no profile, output through this stage."""
    try:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config
    except ImportError:
        raise Refusal(
            "E_NO_IPYTHON",
            "The stage uses a magic or a shell line, and IPython, which runs it, is not installed for this Python.",
            "pip install ipython",
            {"package": "ipython", "interpreter": sys.executable},
        ) from None
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.cache_size = 0
    config.InteractiveShell.colors = "nocolor"
    hooks = (sys.displayhook, sys.excepthook)
    folder = tempfile.mkdtemp(prefix="cellar-ipython-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shell = InteractiveShell.instance(config=config, ipython_dir=folder, user_module=module, user_ns=module.__dict__)
    sys.displayhook, sys.excepthook = hooks
    shell.display_pub.publish = display.publish
    shell.system = shell.system_raw = lambda command: _run_shell(shell, command)
    shell.showtraceback = _raise
    builtins.get_ipython = lambda: shell  # type: ignore[attr-defined]


def _run_shell(shell: Any, command: str) -> None:
    shell.user_ns["_exit_code"] = subprocess.run(shell.var_expand(command, depth=2), shell=True).returncode


def _raise(*args: Any, **kwargs: Any) -> None:
    """A magic that fails must fail the stage."""
    error = sys.exc_info()[1]
    if error is not None:
        raise error


# namespace.py


SPAWNERS = ("multiprocessing", "joblib", "loky")
"""Packages whose new processes import the main module by its file."""


def main_module(script: Script, run_path: str, name: str = "__main__") -> types.ModuleType:
    """The module in which a script runs (N40, N42).

    Code in it sees no `__file__`, as in a kernel. Who asks the module itself gets the script, so that
    sources are found; only what starts worker processes gets `run.py`, which loads the slice there.
    """

    class MainModule(types.ModuleType):
        @property
        def __file__(self) -> str:  # type: ignore[override]
            caller = sys._getframe(1).f_globals.get("__name__", "")
            return run_path if caller.partition(".")[0] in SPAWNERS else script.path

    module = MainModule(name)
    module.__dict__.update(__builtins__=builtins, __package__=None, __spec__=None, __loader__=None)
    remember_source(script)
    return module


def install_main(module: types.ModuleType) -> None:
    """Put the module in the place of `__main__`, also where multiprocessing looks for it."""
    sys.modules["cellar_run"] = sys.modules["__main__"]
    sys.modules["__main__"] = module
    if "__mp_main__" in sys.modules:
        sys.modules["__mp_main__"] = module


def remember_source(script: Script) -> None:
    """Tell `linecache` the source, under a name that does not depend on the current directory."""
    lines: list[Any] = [line + "\n" for line in script.lines]
    linecache.cache[script.path] = (len(script.text), None, lines, script.path)


# native_readers.py


NATIVE_READERS = {
    "pyarrow.parquet": ["read_table", "read_pandas", "ParquetFile", "ParquetDataset"],
    "pyarrow.csv": ["read_csv", "open_csv"],
    "pyarrow.json": ["read_json"],
    "pyarrow.feather": ["read_table", "read_feather"],
    "polars": ["read_*", "scan_*"],
    "h5py": ["File"],
    "netCDF4": ["Dataset"],
    "cv2": ["imread"],
}
"""Readers that open files in C code, where Python's audit events do not see it; a name may be a pattern."""


def native_reader_actions(watch: Watch) -> dict[str, Callable[[Any], None]]:
    """For each of these modules, what to do right after its import: note the path of every read (N28)."""
    return {
        name: functools.partial(_wrap_readers, watch=watch, patterns=names) for name, names in NATIVE_READERS.items()
    }


def _wrap_readers(module: Any, watch: Watch, patterns: list) -> None:
    for name in list(vars(module)):
        reader = getattr(module, name)
        if not callable(reader) or not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            continue
        if isinstance(reader, type):
            try:
                reader.__init__ = _noting(reader.__init__, watch, 1)  # type: ignore[misc]
            except TypeError:
                continue
        else:
            setattr(module, name, _noting(reader, watch, 0))


def _noting(call: Any, watch: Watch, position: int) -> Any:
    @functools.wraps(call)
    def noted(*args: Any, **kwargs: Any) -> Any:
        source = args[position] if len(args) > position else next(iter(kwargs.values()), None)
        if watch.enabled and isinstance(source, (str, os.PathLike)):
            watch.native_read(source)
        return call(*args, **kwargs)

    return noted


# yaml_scalar.py


INT = re.compile(r"[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+")
FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"
    r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?"
)
WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
HEX_ESCAPES = {"x": 2, "u": 4, "U": 8}


def plain_value(text: str, refuse: Callable[[str], Any]) -> Any:
    """Value of a plain scalar by YAML 1.2 as the reader of `dvc` resolves it (N33); `refuse` raises with the line."""
    if text in WORDS:
        return WORDS[text]
    if text[0] in "-+.0123456789":
        if FLOAT.fullmatch(text):
            return _float(text.replace("_", "").lower())
        if INT.fullmatch(text):
            return _int(text, refuse)
        if DATE.fullmatch(text):
            refuse(f"the date {text} (put it in quotes)")
    if text in ("<<", "="):
        refuse(f"the key '{text}' (write it in quotes)")
    return text


def _float(text: str) -> float:
    if text.endswith(".inf"):
        return float("-inf") if text[0] == "-" else float("inf")
    return float("nan") if text == ".nan" else float(text)


def _int(text: str, refuse: Callable[[str], Any]) -> int:
    digits = text.replace("_", "")
    sign = -1 if digits[:1] == "-" else 1
    digits = digits.lstrip("+-")
    try:
        for prefix, base in (("0b", 2), ("0x", 16), ("0o", 8)):
            if digits.startswith(prefix):
                return sign * int(digits[2:], base)
        return sign * int(digits, 10)
    except ValueError:
        return refuse(f"the number {text}")


def fold(parts: list) -> str:
    """Join the stripped lines of a flow scalar: one break is a space, n blank lines are n breaks."""
    result, breaks = parts[0], 0
    for part in parts[1:]:
        if not part:
            breaks += 1
            continue
        result += "\n" * breaks if breaks else " "
        result += part
        breaks = 0
    return result + "\n" * breaks


def block_value(lines: list, folded: bool, chomp: str) -> str:
    """Text of a literal or folded block scalar from its lines without their indentation."""
    while_blank = len(lines)
    while while_blank and not lines[while_blank - 1]:
        while_blank -= 1
    content, trailing = lines[:while_blank], len(lines) - while_blank
    if not content:
        return "\n" * trailing if chomp == "+" else ""
    text = _folded(content) if folded else "\n".join(content)
    return text + {"-": "", "": "\n", "+": "\n" * (trailing + 1)}[chomp]


def _folded(lines: list) -> str:
    text, breaks, previous_more = "", 0, False
    for index, line in enumerate(lines):
        if not line:
            breaks += 1
            continue
        more = line[0] in " \t"
        if index == breaks:
            text = "\n" * breaks + line
        elif more or previous_more:
            text += "\n" * (breaks + 1) + line
        else:
            text += ("\n" * breaks or " ") + line
        breaks, previous_more = 0, more
    return text


# yaml_cursor.py


INDICATORS = "[]{},#&*!|>'\"%@`"
ODD_BREAKS = {"\x85", "\u2028", "\u2029", "\v", "\f"}


class YamlCursor:
    """A cursor over the lines of one document; `row` is the current line and `col` the column in it."""

    def __init__(self, text: str, name: str) -> None:
        text = text[1:] if text.startswith("\ufeff") else text
        self.lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.name = name
        self.row = 0
        self.col = 0
        for row, line in enumerate(self.lines):
            if not ODD_BREAKS.isdisjoint(line):
                self.row = row
                self.refuse("a line break of another alphabet (write it as an escape)")

    def refuse(self, what: str) -> Any:
        raise Refusal(
            "E_PARAMS_YAML",
            f"{self.name}, line {self.row + 1}: cannot read {what}.",
            f"Rewrite line {self.row + 1} of {self.name} in plain YAML: no anchors, tags, dates or merge keys",
            {"path": self.name, "line": self.row + 1},
        )

    def rest(self) -> str:
        return self.lines[self.row][self.col :]

    def at_end(self) -> bool:
        return self.row >= len(self.lines)

    def next_content(self) -> int:
        """Move to the next line with content and return its indent, or -1 at the end of the document."""
        while self.row < len(self.lines):
            line = self.lines[self.row]
            body = line.lstrip(" ")
            if body and body[0] == "\t" and body.strip():
                self.refuse("a tab used as indentation")
            if body.strip() and body[0] != "#":
                if line[:3] in ("---", "...") and not line[3:4].strip():
                    return -1
                self.col = len(line) - len(body)
                return self.col
            self.row += 1
        return -1

    def end_line(self) -> None:
        """Only blanks or a comment may follow on this line; move to the next."""
        rest = self.rest()
        body = rest.lstrip(" \t")
        if body and not (body[0] == "#" and (self.col == 0 or rest[0] in " \t")):
            self.refuse(f"'{body[:20]}' here")
        self.row += 1
        self.col = 0

    def skip_spaces(self) -> str:
        rest = self.rest()
        body = rest.lstrip(" \t")
        self.col += len(rest) - len(body)
        return "" if body[:1] == "#" and rest[:1] in (" ", "\t") else body

    def check_plain_start(self) -> None:
        rest = self.rest()
        names = {"&": "an anchor", "*": "an alias", "!": "a tag", "%": "a directive"}
        if rest[0] in INDICATORS or (rest[0] in "-?:" and not rest[1:2].strip()):
            self.refuse(names.get(rest[0], f"'{rest[0]}' at the start of a value"))

    def quoted(self, quote: str, parent: int) -> str:
        """A quoted scalar, perhaps over several lines; leaves the cursor after its closing quote."""
        self.col += 1
        result, pending = "", 0
        while True:
            text, closed, glued = self.quoted_line(quote)
            result += ("\n" * (pending - 1) or " ") + text if pending and (text or closed) else text
            if closed:
                return result
            pending = 0 if glued else (pending if not text else 0) + 1
            self.row += 1
            if self.at_end():
                self.row -= 1
                self.refuse("a quoted value without its closing quote")
            line = self.lines[self.row]
            body = line.lstrip(" \t")
            if body and len(line) - len(line.lstrip(" ")) <= parent:
                self.refuse("a quoted value that is indented too little")
            self.col = len(line) - len(body)

    def quoted_line(self, quote: str) -> tuple[str, bool, bool]:
        """Text up to the closing quote or the end of the line; whether it closed, whether the break is escaped."""
        out, keep, line = "", 0, self.lines[self.row]
        while self.col < len(line):
            char = line[self.col]
            self.col += 1
            if char == quote:
                if quote == "'" and line[self.col : self.col + 1] == "'":
                    self.col += 1
                    out += "'"
                    continue
                return out, True, False
            if char == "\\" and quote == '"':
                if self.col == len(line):
                    return out, False, True
                out += self.escape(line)
                keep = len(out)
                continue
            out += char
        return out[:keep] + out[keep:].rstrip(" \t"), False, False

    def escape(self, line: str) -> str:
        char = line[self.col]
        self.col += 1
        if char in ESCAPES:
            return ESCAPES[char]
        digits = line[self.col : self.col + HEX_ESCAPES.get(char, 0)]
        if not re.fullmatch(r"[0-9a-fA-F]{2,8}", digits) or len(digits) != HEX_ESCAPES.get(char):
            self.refuse(f"the escape '\\{char}'")
        self.col += len(digits)
        return chr(int(digits, 16))


# yaml_flow.py


class YamlFlow(YamlCursor):
    """Reads the flow style: `[…]` and `{…}`, over lines and with comments."""

    def flow_blanks(self, parent: int) -> str:
        """Skip blanks, breaks and comments inside a flow collection; the character at the cursor."""
        while True:
            body = self.skip_spaces()
            if body:
                return body[0]
            self.row += 1
            self.col = 0
            if self.at_end():
                self.row -= 1
                self.refuse("a flow collection without its closing bracket")
            line = self.lines[self.row]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= parent:
                self.refuse("a flow collection that is indented too little")
            if line[:1] == "#":
                self.col = len(line)

    def flow(self, parent: int) -> Any:
        opening = self.rest()[0]
        close = {"[": "]", "{": "}"}[opening]
        self.col += 1
        result: Any = [] if opening == "[" else {}
        while self.flow_blanks(parent) != close:
            line = self.row
            value = self.flow_node(parent)
            if opening == "{":
                pair = None
                if self.flow_blanks(parent) == ":":
                    self.col += 1
                    pair = None if self.flow_blanks(parent) in ",}" else self.flow_node(parent)
                self.put(result, value, pair, line)
            else:
                result.append(value)
            mark = self.flow_blanks(parent)
            if mark == ",":
                self.col += 1
            elif mark != close:
                self.refuse(f"'{self.rest()[:20]}' in a flow collection")
        self.col += 1
        return result

    def flow_node(self, parent: int) -> Any:
        first = self.rest()[0]
        if first in "[{":
            return self.flow(parent)
        if first in "'\"":
            return self.quoted(first, parent)
        self.check_plain_start()
        parts: list = []
        while True:
            match = re.match(r"(?:[^,\[\]{}#:]|(?<![ \t])#|:(?![ \t,\[\]{}]|$))*", self.rest())
            text = match.group() if match else ""
            parts.append(text.strip(" \t"))
            self.col += len(text.rstrip(" \t"))
            row, col = self.row, self.col
            following = self.flow_blanks(parent)
            if self.row == row or following in ",[]{}:" or self.lines[row][col:].strip():
                break
            parts.extend([""] * (self.row - row - 1))
        return plain_value(fold(parts), self.refuse)

    def put(self, result: dict, key: Any, value: Any, line: int) -> None:
        if isinstance(key, (dict, list)):
            self.row = line
            self.refuse("a collection as a key")
        if key in result:
            self.row = line
            self.refuse(f"the key {key!r} a second time")
        result[key] = value


# yaml_reader.py


BLOCK_HEADER = re.compile(r"([|>])(?:([1-9])([+-]?)|([+-]?)([1-9]?))[ \t]*(?:[ \t]#.*)?$")


def read_yaml(text: str, name: str) -> Any:
    """Parse one YAML 1.2 document strictly; what is unknown is refused with file and line (N33)."""
    return _Reader(text, name).document()


class _Reader(YamlFlow):
    """Reads the block style: mappings, sequences and scalars over lines."""

    def document(self) -> Any:
        if self.next_content() < 0 and not self.at_end() and self.lines[self.row].startswith("---"):
            if self.lines[self.row][3:].strip() and not self.lines[self.row][3:].strip().startswith("#"):
                self.refuse("content on the line of '---'")
            self.row += 1
        value = self.block_node(-1) if self.next_content() >= 0 else None
        if self.next_content() < 0 and not self.at_end() and self.lines[self.row].startswith("..."):
            self.row += 1
        if self.next_content() >= 0 or not self.at_end():
            self.refuse("a second document or content after the end")
        return value

    def block_node(self, parent: int) -> Any:
        """The node that begins at the cursor, the first character of its line, indented by more than `parent`."""
        rest = self.rest()
        if rest == "-" or rest[:2] == "- ":
            return self.sequence(self.col)
        if rest == "?" or rest[:2] == "? " or self.key_ahead():
            return self.mapping(self.col)
        return self.inline_value(parent)

    def key_ahead(self) -> bool:
        """True if an implicit key begins at the cursor (the cursor stays)."""
        start = (self.row, self.col)
        quote = self.rest()[:1]
        if quote in ("'", '"'):
            try:
                self.quoted(quote, -1)
                found = self.row == start[0] and re.match(r"[ \t]*:(?:[ \t]|$)", self.rest()) is not None
            except Refusal:
                found = False
        elif quote and quote in "[{":
            found = False
        else:
            body = re.split(r"(?:^|[ \t])#", self.rest(), maxsplit=1)[0]
            found = re.search(r":(?:[ \t]|$)", body) is not None
        self.row, self.col = start
        return found

    def mapping(self, col: int) -> dict:
        result: dict = {}
        while True:
            line = self.row
            if self.rest()[:2].strip() == "?":
                key, value = self.explicit_pair(col)
            else:
                if not self.key_ahead():
                    self.refuse(f"'{self.rest()[:20]}' where a key was expected")
                key = self.key()
                value = self.after_indicator(col, sequence_at=col)
            self.put(result, key, value, line)
            indent = self.next_content()
            if indent != col:
                if indent > col:
                    self.refuse("this indentation")
                return result

    def explicit_pair(self, col: int) -> tuple[Any, Any]:
        self.col += 1
        key = self.after_indicator(col, sequence_at=col + 1, compact=True)
        if self.next_content() != col or self.rest()[:2].strip() != ":":
            return key, None
        self.col += 1
        return key, self.after_indicator(col, sequence_at=col, compact=True)

    def key(self) -> Any:
        first = self.rest()[:1]
        if first in ("'", '"'):
            key = self.quoted(first, -1)
            self.skip_spaces()
        else:
            self.check_plain_start()
            match = re.match(r"(.*?)[ \t]*(?=:(?:[ \t]|$))", self.rest())
            self.col += match.end() if match else 0
            key = plain_value(match.group(1) if match else "", self.refuse)
        self.col += 1
        return key

    def sequence(self, col: int) -> list:
        result = []
        while True:
            self.col += 1
            result.append(self.after_indicator(col, sequence_at=col + 1, compact=True))
            indent = self.next_content()
            if indent == col and self.rest()[:2].strip() == "-":
                continue
            if indent > col:
                self.refuse("this indentation")
            return result

    def after_indicator(self, col: int, sequence_at: int, compact: bool = False) -> Any:
        """The node after `- `, `? ` or `key:`, on the same line or below it, of a collection at column `col`."""
        if self.rest() and self.rest()[0] == "\t" and compact:
            self.refuse("a tab after '-'")
        body = self.skip_spaces()
        if body:
            if compact and (body == "-" or body[:2] in ("- ", "? ") or self.key_ahead()):
                return self.block_node(col)
            return self.inline_value(col)
        self.row += 1
        indent = self.next_content()
        if indent > col or (indent == sequence_at == col and self.rest()[:2].strip() == "-"):
            return self.block_node(col)
        return None

    def inline_value(self, parent: int) -> Any:
        """A scalar or flow collection at the cursor; leaves the cursor on the next line."""
        first = self.rest()[0]
        if first in "|>":
            return self.block_scalar(parent)
        if first in "[{":
            value = self.flow(parent)
        elif first in "'\"":
            value = self.quoted(first, parent)
        else:
            return self.plain(parent)
        self.end_line()
        return value

    def plain(self, parent: int) -> Any:
        self.check_plain_start()
        start, parts = self.row, []
        while True:
            text = self.rest()
            cut = re.search(r"(?:^|[ \t])#", text)
            body = (text[: cut.start()] if cut else text).strip(" \t")
            if re.search(r":(?:[ \t]|$)", body):
                self.refuse(f"'{body[:30]}': a second ':' in one value")
            parts.append(body)
            self.row += 1
            blanks, ended = 0, bool(cut)
            while self.row < len(self.lines) and not self.lines[self.row].strip():
                self.row += 1
                blanks += 1
            if self.at_end() or ended:
                break
            indent = len(self.lines[self.row]) - len(self.lines[self.row].lstrip(" "))
            line = self.lines[self.row]
            if indent <= parent or line[indent] == "#" or (indent == 0 and line[:3] in ("---", "...")):
                break
            parts.extend([""] * blanks)
            self.col = indent
        text, after = fold(parts), self.row
        self.row = start
        value = plain_value(text, self.refuse)
        self.row, self.col = after, 0
        return value

    def block_scalar(self, parent: int) -> str:
        match = BLOCK_HEADER.match(self.rest())
        if not match:
            return self.refuse("this block scalar")
        folded, digit = match.group(1) == ">", match.group(2) or match.group(5)
        chomp = match.group(3) or match.group(4) or ""
        self.row += 1
        indent = max(parent, 0) + int(digit) if digit else 0
        lines: list = []
        while self.row < len(self.lines):
            line = self.lines[self.row]
            spaces = len(line) - len(line.lstrip(" "))
            if not indent and line.strip(" "):
                indent = max(spaces, parent + 1)
                if any(len(blank) > indent for blank in lines):
                    self.refuse("a blank line that is indented more than the text below it")
            if line.strip(" ") and (spaces < indent or (parent < 0 and line[:3] in ("---", "..."))):
                break
            lines.append(line[indent:] if indent else line)
            self.row += 1
        if self.row == len(self.lines) and lines and not lines[-1]:
            lines.pop()
        self.col = 0
        return block_value(lines if indent else [""] * len(lines), folded, chomp)


# params.py


PARAMS_FILE = "params.yaml"
TYPE_NAMES = {type(None): "none", bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}


def load_params(declared: dict, folder: str) -> dict:
    """Values of the parameters that a stage reads: name in the code → value from `params.yaml` (N31).

    `declared` is the header's `params`, name → {key, type}. The file wins; an integer is read as the header's float,
    any other change of type is refused with the keys and both types.
    """
    if not declared:
        return {}
    path = os.path.join(folder, PARAMS_FILE)
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except FileNotFoundError:
        keys = ", ".join(sorted(spec["key"] for spec in declared.values()))
        raise Refusal(
            "E_PARAMS_MISSING",
            f"{PARAMS_FILE} is missing; this stage reads {keys} from it.",
            "Compile the notebook again: cellar compile",
            {"path": PARAMS_FILE},
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(
            "E_PARAMS_YAML", f"{PARAMS_FILE} cannot be read: {error}.", f"Repair {PARAMS_FILE}", {"path": PARAMS_FILE}
        ) from None
    values = read_yaml(text, PARAMS_FILE)
    if not isinstance(values, dict):
        raise Refusal("E_PARAMS_YAML", f"{PARAMS_FILE} holds no keys.", f"Repair {PARAMS_FILE}", {"path": PARAMS_FILE})
    return {name: _checked(values, spec["key"], spec["type"]) for name, spec in declared.items()}


def with_params(paths: list, declared: dict, folder: str) -> list:
    """Paths with the values of their parameters: `${key}` stands in a script's header as in `dvc.yaml` (N24).

    Values become text as in DVC's templates. Parameters that cannot be read leave the paths as they are: loading them
    refuses the run a moment later, with the reason.
    """
    if not any("${" in path for path in paths):
        return paths
    try:
        values = load_params(declared, folder)
    except Refusal:
        return paths
    texts = {spec["key"]: _as_text(values[name]) for name, spec in declared.items()}
    return [re.sub(r"\$\{([^}]+)\}", lambda hit: texts.get(hit[1].strip(), hit[0]), path) for path in paths]


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _checked(values: dict, key: str, wanted: str) -> Any:
    value = _look_up(values, key)
    found = TYPE_NAMES.get(type(value), type(value).__name__)
    if found == "int" and wanted == "float":
        return float(value)
    if found != wanted:
        raise Refusal(
            "E_PARAM_TYPE",
            f"The parameter {key} is {_shown(value)} in {PARAMS_FILE}, of type {found}; the notebook has a {wanted}.",
            f"Write a {wanted} for {key} in {PARAMS_FILE}, or change the notebook's parameters cell",
            {"key": key, "found": found, "wanted": wanted, "path": PARAMS_FILE},
        )
    return value


def _look_up(values: dict, key: str) -> Any:
    if key in values:
        return values[key]
    node: Any = values
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            raise Refusal(
                "E_PARAM_MISSING",
                f"{PARAMS_FILE} has no key {key}.",
                f"Add {key} to {PARAMS_FILE}, or compile the notebook again: cellar compile",
                {"key": key, "path": PARAMS_FILE},
            )
        node = node[part]
    return node


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


# settings.py


class Settings:
    """What the environment says about a run: event log, lifeline, project, files of other stages."""

    def __init__(self, environ: dict, folder: str) -> None:
        self.events: str = environ.get("CELLAR_EVENTS", "")
        lifeline = environ.get("CELLAR_LIFELINE", "")
        self.lifeline: int | None = int(lifeline) if lifeline.isdigit() else None
        self.project = os.path.realpath(environ.get("CELLAR_PROJECT") or find_project(folder))
        self.intermediate = _read_list(environ.get("CELLAR_INTERMEDIATE", ""), self.project)


def take_settings(folder: str) -> Settings:
    """Read the settings and remove them from the environment: child processes must not take them for theirs."""
    settings = Settings(dict(os.environ), folder)
    for name in ("CELLAR_EVENTS", "CELLAR_LIFELINE", "CELLAR_PROJECT", "CELLAR_INTERMEDIATE"):
        os.environ.pop(name, None)
    return settings


def find_project(folder: str) -> str:
    """The nearest folder upward with `.dvc`, else the folder itself."""
    here = folder
    while not os.path.isdir(os.path.join(here, ".dvc")):
        parent = os.path.dirname(here)
        if parent == here:
            return folder
        here = parent
    return here


def _read_list(path: str, project: str) -> list:
    if not path:
        return []
    try:
        with open(path, encoding="utf-8") as stream:
            return [os.path.normpath(os.path.join(project, item)) for item in json.load(stream)]
    except (OSError, ValueError) as error:
        raise Refusal("E_SETTINGS", f"CELLAR_INTERMEDIATE names a list that cannot be read: {error}.") from None


# sharing.py


LARGEST_WALK = 200_000
IMMUTABLE = (
    type(None), bool, int, float, complex, str, bytes, range, slice, type, types.FunctionType,
    types.BuiltinFunctionType, types.ModuleType, types.MethodType, types.CodeType, type(...),
)  # fmt: skip
IMMUTABLE_OF = {
    "numbers": "Number", "datetime": "date time timedelta tzinfo", "decimal": "Decimal", "enum": "Enum",
    "pathlib": "PurePath", "re": "Pattern", "uuid": "UUID", "numpy": "generic dtype", "pandas": "Index Period Interval",
    "pandas.api.extensions": "ExtensionDtype", "pandas._libs.missing": "NAType",
}  # fmt: skip
"""By module: two variables may hold one of these and nobody can see it; libraries keep many of them once for all."""


def shared_pairs(values: dict, saved: list) -> list:
    """Pairs of variables that share memory, at least one of them saved: one sees a mutation of the other (N38)."""
    if not saved or len(values) < 2:
        return []
    parts = {name: _parts(value) for name, value in values.items()}
    pairs = ((a, b) for a, b in combinations(sorted(values), 2) if a in saved or b in saved)
    return [[a, b] for a, b in pairs if _share(parts[a], parts[b])]


def refuse_shared(apart: list, absolute: Any) -> None:
    """Refuse inputs that the run which had both saw as one: the stage would change only one of two copies (N38).

    `apart` is the header's list of [name, name, recorded output file]; a file that is gone says nothing.
    """
    for name, other, path in apart:
        try:
            with open(absolute(path), encoding="utf-8") as stream:
                shared = json.load(stream).get("shared", [])
        except (OSError, ValueError):
            continue
        if [name, other] in shared:
            raise Refusal(
                "E_SHARED_INPUTS",
                f"{name} and {other} share an object that this stage changes; one of the two would miss that.",
                "Copy one of them in the stage that makes it, or merge the two stages",
                {"variables": [name, other]},
            )


def immutable_types() -> tuple:
    """Types that cannot change; of a module that nobody imported there is no object."""
    known = [(sys.modules[module], names) for module, names in IMMUTABLE_OF.items() if module in sys.modules]
    return IMMUTABLE + tuple(getattr(module, name) for module, names in known for name in names.split())


def _parts(value: Any) -> tuple[dict, list]:
    """Mutable objects by id and arrays reachable from a value, up to a number of objects."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    immutable = immutable_types()
    objects: dict = {}
    arrays: list = []
    pending = [value]
    immutable_seen: set = set()
    while pending and len(objects) + len(immutable_seen) < LARGEST_WALK:
        item = pending.pop()
        if isinstance(item, immutable) or id(item) in objects or id(item) in immutable_seen:
            continue
        if isinstance(item, (tuple, frozenset)):
            immutable_seen.add(id(item))
            pending.extend(item)
            continue
        objects[id(item)] = item
        if numpy is not None and isinstance(item, numpy.ndarray):
            arrays.append((item, False))
            pending.extend(item.ravel().tolist() if item.dtype.hasobject else ())
        elif pandas is not None and isinstance(item, (pandas.DataFrame, pandas.Series)):
            arrays.extend((array, True) for array in _columns(item, numpy))
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, (list, set)):
            pending.extend(item)
        else:
            pending.extend(getattr(item, "__dict__", {}).values())
    return objects, arrays


def _columns(value: Any, numpy: Any) -> list:
    columns = [value] if value.ndim == 1 else [value.iloc[:, i] for i in range(value.shape[1])]
    found = [
        column.array.to_numpy(copy=False) if hasattr(column.array, "to_numpy") else None
        for column in columns
        if column.dtype.kind in "biufcmM"
    ]
    return [array for array in found if isinstance(array, numpy.ndarray)]


def _share(a: tuple[dict, list], b: tuple[dict, list]) -> bool:
    if a[0].keys() & b[0].keys():
        return True
    safe = copies_on_write()
    return any(_overlap(x, y) for x, of_frame in a[1] for y, of_other in b[1] if not (of_frame and of_other and safe))


def copies_on_write() -> bool:
    """True if pandas itself keeps two frames apart that share memory."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return False
    try:
        return int(pandas.__version__.split(".")[0]) >= 3 or pandas.get_option("mode.copy_on_write") is True
    except Exception:
        return False


def _overlap(a: Any, b: Any) -> bool:
    numpy = sys.modules["numpy"]
    try:
        return bool(numpy.shares_memory(a, b, max_work=10_000))
    except Exception:
        return bool(numpy.may_share_memory(a, b))


# watch_report.py


SNAPSHOT_LIMIT = 20_000
MOST_NAMES = 20


def snapshot(places: Places) -> dict:
    """Size and times of the files in the notebook's folder, up to a number of entries: writes of C code show here."""
    found: dict = {}
    pending = [places.folder]
    while pending and len(found) < SNAPSHOT_LIMIT:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        for entry in entries:
            if not places.inside(entry.path):
                continue
            if entry.is_dir(follow_symlinks=False):
                if not os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
                    pending.append(entry.path)
            elif len(found) < SNAPSHOT_LIMIT:
                facts = entry.stat(follow_symlinks=False)
                found[entry.path] = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
    return found


def add_changes(watch: Watch, before: dict, after: dict) -> None:
    """Count files that changed or came as written, whoever wrote them."""
    if len(before) < SNAPSHOT_LIMIT and len(after) < SNAPSHOT_LIMIT:
        for path in before.keys() | after.keys():
            if before.get(path) != after.get(path):
                watch.writes.add(path)


def project_modules(places: Places) -> list:
    """Source files of the project's own modules that are imported now, sorted."""
    found = set()
    for module in list(sys.modules.values()):
        path = module.__dict__.get("__file__") if hasattr(module, "__dict__") else None
        if isinstance(path, str) and path.endswith((".py", ".so", ".pyd")):
            path = os.path.abspath(path)
            if places.inside(path):
                found.add(path)
    return sorted(found)


def check_modules(places: Places) -> None:
    """Refuse a module of the project that is no dep: the run could not be recorded (N26)."""
    missing = [places.from_folder(path) for path in project_modules(places) if not places.is_declared(path)]
    if missing:
        names = ", ".join(missing)
        raise Refusal(
            "E_UNDECLARED_MODULE",
            f"The stage imports {names}, which is not among its inputs.",
            f"Add {names} to the inputs of the stage and reproduce again",
            {"modules": missing, "fixes": ["add-dep"]},
        )


def undeclared(watch: Watch) -> list:
    """Reads that were not declared, sorted: project paths, or kinds (N45). A listed folder stands for what is in it."""
    places = watch.places
    made = {path for path in watch.writes if path not in watch.reads}
    listed = {path for path in watch.listed if not places.is_declared(path) and path not in made}
    folders = {path for path in listed if not any(path.startswith(other + os.sep) for other in listed)}
    paths = {
        path
        for path in watch.reads
        if not places.is_declared(path) and not any(path.startswith(folder + os.sep) for folder in folders)
    }
    return sorted({places.relative(path) for path in paths | folders} | _kinds(watch.kinds))


def _kinds(kinds: set) -> set:
    """The kinds; who reads the whole environment reads `environ`, whatever names this machine has."""
    names = {kind for kind in kinds if kind.startswith("environ:")}
    return kinds if len(names) <= MOST_NAMES else (kinds - names) | {"environ"}


def facts(watch: Watch) -> dict[str, Any]:
    """The fields `reads`, `writes`, `modules` of the done event."""
    places = watch.places
    return {
        "reads": sorted(places.from_folder(path) for path in watch.reads | watch.listed),
        "writes": sorted(places.from_folder(path) for path in watch.writes if places.inside(path)),
        "modules": [places.from_folder(path) for path in project_modules(places)],
    }


# worker_guard.py


WATCH_ONLY = "--cellar-watch-only"


class WorkerName(Exception):
    """A name of a stage cell was handed to worker processes that know only setup; carries the refusal (N42).

    An `Exception`, because the threads that feed a pool pass on nothing else.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class WorkerGuard:
    """Looks at what goes to spawned workers: what a stage cell defines, they cannot know."""

    def __init__(self, run_path: str) -> None:
        self.run_path = run_path
        self.known: set = set()
        self.spawned = False
        self.refusal: Refusal | None = None

    def actions(self) -> dict[str, Callable[[Any], None]]:
        """What to do right after these modules are imported."""
        return {
            "multiprocessing.spawn": self.on_spawn,
            "multiprocessing.reduction": self.on_reduction,
            "joblib.externals.loky.backend.spawn": self.on_loky,
            "loky.backend.spawn": self.on_loky,
        }

    def on_spawn(self, module: Any) -> None:
        prepare = module.get_preparation_data

        def get_preparation_data(*args: Any, **kwargs: Any) -> Any:
            self.spawned = True
            return prepare(*args, **kwargs)

        module.get_preparation_data = get_preparation_data

    def on_loky(self, module: Any) -> None:
        """Loky sends functions by value, so its workers need no setup; they are watched all the same."""
        prepare = module.get_preparation_data

        def get_preparation_data(*args: Any, **kwargs: Any) -> Any:
            data = prepare(*args, **kwargs)
            if "init_main_from_path" not in data and "init_main_from_name" not in data:
                data["init_main_from_path"] = self.run_path
                data["sys_argv"] = [*data["sys_argv"], WATCH_ONLY]
            return data

        module.get_preparation_data = get_preparation_data

    def on_reduction(self, module: Any) -> None:
        module.ForkingPickler.reducer_override = lambda pickler, value: self.check(value)

    def check(self, value: Any) -> Any:
        """Called for every object that is pickled for a worker."""
        if self.spawned and isinstance(value, (types.FunctionType, type)) and value.__module__ == "__main__":
            name = value.__qualname__.partition(".")[0]
            if name not in self.known and name in sys.modules["__main__"].__dict__:
                self.refusal = Refusal(
                    "E_WORKER_NAME",
                    f"{name} is defined in a stage cell and handed to worker processes, which know only setup.",
                    f"Move {name} to a setup cell",
                    {"name": name, "fixes": ["move-to-setup"]},
                )
                raise WorkerName(self.refusal)
        return NotImplemented


# stage.py


TOLD_SECONDS = 0.1
"""A statement of setup that takes longer is told: it is done again in every stage that needs it (N19)."""


class Stage:
    """One run of one stage (N41): params, slice, inputs, blocks, outs."""

    def __init__(self, script: Script, settings: Settings, outlet: Outlet, folder: str, run_path: str) -> None:
        self.script, self.outlet, self.folder = script, outlet, folder
        self.started = time.perf_counter()
        header = script.header
        own = [script.path, header["outputs"], *header["vars_in"].values(), *header["vars_out"].values()]
        files = [*header["files_in"], *header["files_out"], *header["ignore"]]
        declared = [*with_params(files, header["params"], folder), *own]
        places = Places(folder, settings.project, settings.intermediate, [self.absolute(path) for path in declared])
        self.watch = Watch(places)
        self.display = Display(outlet)
        self.guard = WorkerGuard(run_path)
        self.module = main_module(script, run_path)
        self.namespace = self.module.__dict__
        self.evaluator = Evaluator(self.namespace)
        self.inputs = Inputs({name: self.absolute(path) for name, path in header["vars_in"].items()})
        self.mutated: list = []
        self.setup_seconds: list = []

    def absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self.folder, path))

    def run(self) -> bool:
        """Run the stage and report; True if its outs were written."""
        try:
            self._run()
        except Refusal as refusal:
            self._end_of_child()
            return self._refused(refusal)
        except BaseException as error:
            self._end_of_child()
            stopped = self.watch.stop or self.guard.refusal
            return self._refused(stopped, error) if stopped else self._failed(error)
        finally:
            self.watch.enabled = False
        self._done(True)
        return True

    def _run(self) -> None:
        header = self.script.header
        self._prepare()
        steps, blocks = self._compile()
        self.namespace.update(load_params(header["params"], self.folder))
        refuse_shared(header.get("apart", []), self.absolute)
        before = snapshot(self.watch.places)
        self.watch.enabled = True
        self._slice(steps)
        self.guard.known = set(self.namespace)
        self.namespace.update(self.inputs.load())
        for block, part in enumerate(blocks):
            self._block(block, part)
        self.watch.enabled = False
        self.evaluator.close()
        self.watch.collect_workers()
        add_changes(self.watch, before, snapshot(self.watch.places))
        self._save()

    def _prepare(self) -> None:
        self.display.install()
        install_backend(self.display.figures)
        install_import_hooks(self.display, {**self.guard.actions(), **native_reader_actions(self.watch)})
        watch_environment(self.watch)
        self.watch.install()
        install_main(self.module)

    def _compile(self) -> tuple:
        """The slice, statement by statement, and the blocks as code; a magic makes IPython be loaded (N43)."""
        pieces = [self.script.slice_text(), *(self.script.block_text(i) for i in range(len(self.script.block_lines)))]
        if any(has_magic(text) for _, text in pieces):
            load_magics(self.module, self.display)
            pieces = [(line, transform(text)) for line, text in pieces]
        trees = [parse(text, line, self.script.path) for line, text in pieces]
        flags = future_flags(trees[0])
        path = self.script.path
        steps = compile_slice(trees[0], pieces[0][1], path, flags)
        return steps, [
            compile_part(tree, text, path, flags, show=True) for tree, (_, text) in zip(trees[1:], pieces[1:])
        ]

    def _slice(self, steps: list) -> None:
        for line, part in steps:
            started = time.perf_counter()
            self.evaluator.run(part, lambda value: None)
            seconds = time.perf_counter() - started
            if line and seconds >= TOLD_SECONDS:
                self.setup_seconds.append([line, round(seconds, 3)])
        self._after_part()

    def _block(self, block: int, part: Part) -> None:
        started = time.perf_counter()
        self.outlet.sync()
        self.outlet.block = block
        self.outlet.event("cell-start")
        self._part(part)
        last = block + 1 == len(self.script.block_lines)
        bound_in = self.script.header["bound_in"]
        names = [
            name
            for name in self.script.header["vars_out"]
            if bound_in.get(name) == block or (last and name not in bound_in)
        ]
        check_variables(self.namespace, names, block)
        self._end_of_child()
        self.outlet.event("cell-done", seconds=round(time.perf_counter() - started, 6))
        self.outlet.block = -1

    def _end_of_child(self) -> None:
        """A forked child that comes out of the user's code has nothing to save or to say here."""
        if os.getpid() != self.watch.pid:
            os._exit(0)

    def _part(self, part: Part) -> None:
        self.evaluator.run(part, self.display.result)
        self._after_part()

    def _after_part(self) -> None:
        self.display.figures()
        if self.watch.stop or self.guard.refusal:
            raise self.watch.stop or self.guard.refusal  # type: ignore[misc]
        check_modules(self.watch.places)

    def _save(self) -> None:
        header = self.script.header
        paths = {name: self.absolute(path) for name, path in header["vars_out"].items()}
        self.mutated = [name for name in self.inputs.changed() if name not in paths]
        formats = save_variables(self.namespace, paths, header["bound_in"])
        names = sorted({*paths, *(name for name in header["vars_in"] if name in self.namespace)})
        shared = shared_pairs({name: self.namespace[name] for name in names}, list(paths))
        self.outlet.sync()
        self.undeclared = undeclared(self.watch)
        found = {"mutated": self.mutated, "shared": shared, "undeclared": self.undeclared, "formats": formats}
        write_recorded(self.absolute(header["outputs"]), self.script.body, self.outlet.outputs.recorded(), found)

    def _refused(self, refusal: Refusal, error: BaseException | None = None) -> bool:
        lines = script_lines(error or refusal, self.script.path)
        line = refusal.line or (lines[-1] if lines else None)
        if self.outlet.events:
            extra: dict[str, Any] = {"next": refusal.next} if refusal.next else {}
            extra.update({"data": refusal.data} if refusal.data else {})
            fields: dict[str, Any] = {
                "code": refusal.code,
                "ename": refusal.code,
                "evalue": refusal.message,
                "traceback": [],
            }
            self.outlet.event("error", **fields, line=line, **extra)
        else:
            sys.stderr.write(f"error: {refusal}\n")
        return self._done(False)

    def _failed(self, error: BaseException) -> bool:
        lines = script_lines(error, self.script.path)
        traceback = formatted(error)
        if self.outlet.events:
            first = self.script.block_lines[self.outlet.block] if self.outlet.block >= 0 else 0
            own = [line for line in lines if line >= first]
            fields: dict[str, Any] = {"ename": type(error).__name__, "evalue": str(error), "traceback": traceback}
            data = {"data": {"block_line": own[0]}} if own else {}
            self.outlet.event("error", **fields, line=lines[-1] if lines else None, **data)
        else:
            sys.stderr.write("\n".join(traceback) + "\n")
        return self._done(False)

    def _done(self, ok: bool) -> bool:
        self.outlet.sync()
        self.outlet.block = -1
        if not ok:
            self.watch.collect_workers()
        if self.outlet.events:
            told = {**facts(self.watch), "undeclared": undeclared(self.watch), "mutated": self.mutated}
            own = {"setup_seconds": self.setup_seconds}
            self.outlet.event("done", ok=ok, facts={**run_facts(self.started), **own}, **told)
        return ok


# workers.py


SCRIPT_VARIABLE = "CELLAR_WORKER_SCRIPT"
FOLDER_VARIABLE = "CELLAR_WORKER_FOLDER"


def tell_workers(script: str, folder: str) -> None:
    """Leave word for processes that will import `run.py` as `__mp_main__`."""
    os.environ[SCRIPT_VARIABLE] = script
    os.environ[FOLDER_VARIABLE] = folder


def worker_namespace(run_path: str) -> dict:
    """What a worker process knows of the notebook (N42): only what stands above the first block."""
    if WATCH_ONLY in sys.argv:
        sys.argv.remove(WATCH_ONLY)
        watch_worker(os.environ.get(FOLDER_VARIABLE, ""))
        return {}
    script_path, folder = os.environ.get(SCRIPT_VARIABLE, ""), os.environ.get(FOLDER_VARIABLE, "")
    if not script_path:
        return {}
    script = read_script(os.path.join(folder, script_path))
    script.path = script_path
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = main_module(script, run_path, "__mp_main__")
    module.__dict__.update(load_params(script.header["params"], folder))
    watch_worker(folder)
    before = sys.modules.get("__mp_main__")
    sys.modules["__mp_main__"] = module
    line, text = script.slice_text()
    if not has_magic(text):
        tree = parse(text, line, script.path)
        Evaluator(module.__dict__).run(compile_part(tree, text, script.path, future_flags(tree), show=False), print)
    if before is not None:
        sys.modules["__mp_main__"] = before
    names = {name: value for name, value in module.__dict__.items() if not name.startswith("__")}
    return names


def watch_worker(folder: str) -> None:
    """Watch what this worker opens; it appends to the stage's file."""
    if WATCH_VARIABLE not in os.environ:
        return
    places = Places(folder, os.path.realpath(find_project(folder)), [], [])
    watch = Watch(places, os.environ[WATCH_VARIABLE])
    watch.install()
    watch.enabled = True


# main.py


USAGE = "usage: python .cellar/run.py SCRIPT"
AGAIN = "CELLAR_HASH_SEED_SET"


def main(arguments: list, run_path: str) -> int:
    """Run the stage script that the command line names; exit code 0, or 1 if it failed or was refused."""
    if sys.version_info < (3, 9):
        return _say("error: Cellar's runner needs Python 3.9 or newer (E_PYTHON_TOO_OLD)")
    if len(arguments) != 1 or arguments[0].startswith("-"):
        return _say(USAGE)
    if sys.flags.hash_randomization and AGAIN not in os.environ:
        return _again(arguments, run_path)
    os.environ.pop(AGAIN, None)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = os.getcwd()
    _first_on_path(folder, run_path)
    events: EventLog | None = None
    try:
        settings = take_settings(folder)
        if settings.lifeline is not None:
            watch_lifeline(settings.lifeline)
        events = EventLog(settings.events) if settings.events else None
        script = read_script(arguments[0].replace(os.sep, "/"))
    except Refusal as refusal:
        return _refuse(refusal, events)
    close_stdin()
    sys.argv = [script.path]
    tell_workers(script.path, folder)
    outlet = Outlet(events, len(script.block_lines))
    outlet.start()
    try:
        return 0 if Stage(script, settings, outlet, folder, run_path).run() else 1
    finally:
        outlet.stop()


def _first_on_path(folder: str, run_path: str) -> None:
    """The notebook's folder takes the place of the runner's on `sys.path` (N41)."""
    if sys.path and os.path.abspath(sys.path[0] or ".") == os.path.dirname(run_path):
        sys.path[0] = folder
    else:
        sys.path.insert(0, folder)


def _again(arguments: list, run_path: str) -> int:
    """Start over with a fixed hash seed, so that sets keep their order from run to run (N41)."""
    environ = {**os.environ, "PYTHONHASHSEED": "0", AGAIN: "1"}
    command = [sys.executable, *subprocess._args_from_interpreter_flags(), run_path, *arguments]  # type: ignore[attr-defined]
    if os.name == "nt":
        return subprocess.run(command, env=environ).returncode
    sys.stdout.flush()
    os.execve(sys.executable, command, environ)
    return 1


def _refuse(refusal: Refusal, events: EventLog | None) -> int:
    if events is None:
        return _say(f"error: {refusal}")
    extra: dict[str, Any] = {"next": refusal.next} if refusal.next else {}
    extra.update({"data": refusal.data} if refusal.data else {})
    nothing: dict = {key: [] for key in ("reads", "writes", "modules", "undeclared", "mutated")}
    events.emit(
        "error",
        -1,
        code=refusal.code,
        ename=refusal.code,
        evalue=refusal.message,
        traceback=[],
        line=refusal.line,
        **extra,
    )
    events.emit("done", -1, ok=False, facts={}, **nothing)
    return 1


def _say(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


def start(name: str, run_path: str, own_code: types.CodeType, names: dict) -> None:
    """What happens when the joined file is executed: as a program, in a worker process, or as a module of a kernel."""
    if name == "__main__":
        sys.exit(main(sys.argv[1:], run_path))
    if name == "__mp_main__":
        module = types.ModuleType("cellar_run")
        module.__file__ = run_path
        sys.modules["cellar_run"] = module
        exec(
            own_code, module.__dict__
        )  # once more under a name of its own: the worker's main module must hold setup alone
        found = module.worker_namespace(run_path)
        for own in [key for key in names if not key.startswith("__")]:
            del names[own]
        names.update(found)


if __name__ in ("__main__", "__mp_main__"):
    start(__name__, os.path.abspath(__file__), sys._getframe().f_code, globals())
