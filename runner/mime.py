from __future__ import annotations

import base64
import sys
import traceback
from typing import Any

from .figures import figure_png, is_figure
from .pretty import pretty

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
