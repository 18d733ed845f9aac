"""The part of Cellar inside the Jupyter server: it starts the bridge, watches it and relays frames to it.

Nothing is imported here before it is asked for: the `cellar` command passes through this package too, and
importing a whole Jupyter server would take longer than most of its answers.
"""

from __future__ import annotations


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab finds the browser part."""
    return [{"src": "labextension", "dest": "jupyterlab-cellar"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Where the Jupyter server finds the extension."""
    from .app import CellarExtension

    return [{"module": "jupyterlab_cellar", "app": CellarExtension}]
