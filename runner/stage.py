from __future__ import annotations

import os
import sys
import time
from typing import Any

from .code import Evaluator, Part, compile_part, compile_slice, future_flags, parse
from .display import Display
from .environment_reads import watch_environment
from .facts import run_facts
from .figures import install_backend
from .header import Script
from .import_hooks import install_import_hooks
from .magics import has_magic, load_magics, transform
from .namespace import install_main, main_module
from .native_readers import native_reader_actions
from .outlet import Outlet
from .params import load_params, with_params
from .record import write_recorded
from .refusal import Refusal
from .settings import Settings
from .sharing import refuse_shared, shared_pairs
from .tracebacks import formatted, script_lines
from .variables import Inputs, check_variables, save_variables
from .watch import Watch
from .watch_places import Places
from .watch_report import add_changes, check_modules, facts, snapshot, undeclared
from .worker_guard import WorkerGuard

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
