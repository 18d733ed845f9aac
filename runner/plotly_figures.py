from __future__ import annotations

import json
from typing import Any

from .display import Display

PLOTLY_MIME = "application/vnd.plotly.v1+json"


def show_plotly(module: Any, display: Display) -> None:
    """Let Plotly figures be data: by itself Plotly opens a browser, or asks for packages of Jupyter."""

    def bundle(figure: Any, include: Any = None, exclude: Any = None, **_: Any) -> dict:
        return {PLOTLY_MIME: json.loads(figure.to_json())}

    def show(figure: Any, *args: Any, **kwargs: Any) -> None:
        display.display(figure)

    module.BaseFigure._ipython_display_ = None
    module.BaseFigure._repr_mimebundle_ = bundle
    module.BaseFigure._repr_html_ = None
    module.BaseFigure.show = show
