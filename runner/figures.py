from __future__ import annotations

import base64
import io
import os
import sys
import types
from typing import Any, Callable

BACKEND = "cellar_inline"


def is_figure(value: Any) -> bool:
    figure = sys.modules.get("matplotlib.figure")
    return figure is not None and isinstance(value, figure.Figure)


def figure_png(figure: Any) -> str:
    """A figure as base64 of a PNG without the name of the software, so that equal figures are equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight", metadata={"Software": None})
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def install_backend(show: Callable[[], None]) -> None:
    """Make the inline backend known: Agg, whose `plt.show()` puts the open figures into the output (N43)."""
    module = types.ModuleType(BACKEND)

    def load(name: str) -> Any:
        from matplotlib.backends import backend_agg

        if name in ("FigureCanvas", "FigureManager", "new_figure_manager"):
            value = getattr(
                backend_agg, {"FigureCanvas": "FigureCanvasAgg", "FigureManager": "FigureManagerBase"}.get(name, name)
            )
            setattr(module, name, value)
            return value
        raise AttributeError(name)

    module.__getattr__ = load  # type: ignore[method-assign]
    module.show = lambda *args, **kwargs: show()  # type: ignore[attr-defined]
    sys.modules[BACKEND] = module


def use_backend(matplotlib: Any) -> None:
    """Called right after matplotlib itself was imported."""
    os.environ["MPLBACKEND"] = "agg"  # for child processes: they must neither open windows nor look for our backend
    matplotlib.rcParams["backend"] = f"module://{BACKEND}"
    if matplotlib.rcParams["svg.hashsalt"] is None:
        matplotlib.rcParams["svg.hashsalt"] = "cellar"


def take_open_figures() -> list:
    """The open figures of our backend, in the order of their numbers; they are closed."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or BACKEND not in pyplot.get_backend():
        return []
    figures = [manager.canvas.figure for manager in sys.modules["matplotlib._pylab_helpers"].Gcf.get_all_fig_managers()]
    pyplot.close("all")
    return figures
