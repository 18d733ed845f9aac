from __future__ import annotations

import os
import signal
import subprocess
import sys
import types
from typing import Any

from .events import EventLog
from .header import read_script
from .lifeline import watch_lifeline
from .outlet import Outlet
from .refusal import Refusal
from .settings import take_settings
from .stage import Stage
from .streams import close_stdin
from .workers import tell_workers

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
