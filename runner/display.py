from __future__ import annotations

import builtins
from typing import Any

from .figures import is_figure, take_open_figures
from .mime import mime_bundle
from .outlet import Outlet


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
