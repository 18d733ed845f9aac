from __future__ import annotations

import base64
import json
from typing import Any

from .display import Display, DisplayHandle


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
