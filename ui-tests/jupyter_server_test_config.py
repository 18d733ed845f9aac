"""The server of the browser tests: open to everyone on this machine, so for tests only."""

from __future__ import annotations

from jupyterlab.galata import configure_jupyter_server
from traitlets.config import get_config

c = get_config()  # the configuration that Jupyter is reading this file into
configure_jupyter_server(c)
c.ServerApp.allow_root = True
c.ServerApp.open_browser = False
