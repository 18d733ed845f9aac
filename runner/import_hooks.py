from __future__ import annotations

import importlib.machinery
import sys
from typing import Any, Callable

from .display import Display
from .figures import use_backend
from .notebook_api import patch_ipython, provide_ipython
from .plotly_figures import show_plotly


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
