from __future__ import annotations

import json
import os

from .refusal import Refusal


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
