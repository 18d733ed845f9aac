from __future__ import annotations

import os
import sys
from typing import Any

from .refusal import Refusal
from .watch import Watch
from .watch_places import Places

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
