from __future__ import annotations

import sys
import types
from typing import Any, Callable

from .refusal import Refusal

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
