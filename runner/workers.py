from __future__ import annotations

import os
import sys

from .code import Evaluator, compile_part, future_flags, parse
from .header import read_script
from .magics import has_magic
from .namespace import main_module
from .params import load_params
from .settings import find_project
from .watch import WATCH_VARIABLE, Watch
from .watch_places import Places
from .worker_guard import WATCH_ONLY

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
