"""The server extension: its settings, its routes, and the life of the bridge beside the life of the server."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from tornado.ioloop import PeriodicCallback
from traitlets import Float, Unicode

from .handlers import BridgeSocket, StatusHandler
from .supervisor import Supervisor

TOUCH_MILLISECONDS = 30_000


class CellarExtension(ExtensionApp):
    """Starts the bridge on demand and relays to it. Nothing here knows what a stage or a dataset is."""

    name = "jupyterlab_cellar"
    extension_url = "/lab"
    load_other_extensions = True

    node_path = Unicode("", help="Path of the Node to use; empty: found by itself.").tag(config=True)
    start_timeout = Float(15.0, help="Seconds within which the bridge must be ready.").tag(config=True)
    bridge_path = Unicode(
        str(Path(__file__).parent / "bridge" / "main.mjs"), help="The program of the bridge, for developers."
    ).tag(config=True)

    supervisor: Supervisor
    _touch: PeriodicCallback | None = None

    def _contents_root(self) -> str | None:
        """Where the contents paths of the browser begin, or None when contents are not files of this machine."""
        root = getattr(self.serverapp and self.serverapp.contents_manager, "root_dir", None)
        return os.path.abspath(os.path.expanduser(root)) if isinstance(root, str) and root else None

    def initialize_settings(self) -> None:
        self.supervisor = Supervisor(
            script=Path(self.bridge_path),
            root=self._contents_root(),
            log=self.log,
            node_path=self.node_path,
            start_timeout=self.start_timeout,
            on_activity=self._on_activity,
        )

    def initialize_handlers(self) -> None:
        given = {"supervisor": self.supervisor}
        self.handlers.extend([(r"/cellar/rpc", BridgeSocket, given), (r"/cellar/status", StatusHandler, given)])

    def _on_activity(self, count: int) -> None:
        """Jobs run or have ended. An idle culler looks at this time and leaves a server with a running stage alone."""
        self.settings["cellar_last_activity"] = datetime.now(timezone.utc)
        if self.serverapp is not None:
            self.serverapp.web_app.settings["cellar_last_activity"] = datetime.now(timezone.utc)
        if count > 0 and self._touch is None:
            self._touch = PeriodicCallback(lambda: self._on_activity(self.supervisor.activity), TOUCH_MILLISECONDS)
            self._touch.start()
        elif count == 0 and self._touch is not None:
            self._touch.stop()
            self._touch = None

    def current_activity(self) -> dict[str, Any] | None:
        """How many jobs run; None keeps the server free to end itself when it is idle."""
        running = self.supervisor.activity
        return {"jobs": running} if running else None

    async def stop_extension(self) -> None:
        await self.supervisor.stop()
