"""The two routes of the extension: the relay to the bridge, and its state for a panel that has no connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any
from urllib.parse import urlsplit

import tornado.netutil
import tornado.web
import tornado.websocket
from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.httpclient import HTTPClientError, HTTPRequest

from .node import INSTALL, NodeMissing
from .process import Address
from .supervisor import BridgeUnavailable, Supervisor
from .wheel_node import FLOOR

RESOURCE = "cellar"
LARGEST_FRAME = 2 * 1024 * 1024
# Close codes of RFC 6455: the browser connects again after 1012 at once, after 1011 with a back-off.
RESTARTING, FAILED, NOT_TEXT = 1012, 1011, 1003
CONNECT_SECONDS = 10


class UnixResolver(tornado.netutil.Resolver):
    """Leads every name to one unix socket."""

    def initialize(self, path: str) -> None:
        self.path = path

    async def resolve(self, host: str, port: int, family: int = 0) -> list[tuple[int, Any]]:
        return [(socket.AF_UNIX, self.path)]


async def connect(address: Address) -> tornado.websocket.WebSocketClientConnection:
    """A WebSocket to the bridge; raises OSError, WebSocketError or HTTPError when there is none."""
    host = "bridge" if address.socket else f"127.0.0.1:{address.port}"
    request = HTTPRequest(
        f"ws://{host}/rpc", headers={"X-Bridge-Secret": address.secret}, connect_timeout=CONNECT_SECONDS
    )
    resolver = UnixResolver(path=address.socket) if address.socket else None
    return await tornado.websocket.websocket_connect(request, resolver=resolver, max_message_size=LARGEST_FRAME)


def same_origin(origin: str, host: str) -> bool:
    """Whether an Origin header names exactly the host of the request: compared by parts, never by prefix."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or parts.path or parts.query or parts.fragment:
        return False
    return parts.netloc.lower() == host.lower()


class BridgeSocket(WebSocketMixin, tornado.websocket.WebSocketHandler, JupyterHandler):
    """Relays text frames between a browser tab and the bridge, and knows nothing of their content."""

    auth_resource = RESOURCE

    def initialize(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._upstream: tornado.websocket.WebSocketClientConnection | None = None
        self._relay: asyncio.Task[None] | None = None

    def set_default_headers(self) -> None:
        """A 101 answer has no use for the headers of a page."""

    @property
    def max_message_size(self) -> int:
        return LARGEST_FRAME

    def check_origin(self, origin: str | None = None) -> bool:
        """Exactly the host asked for, or exactly the origin that the administrator allowed; no patterns, no `*` (S1).

        Browsers always send an Origin with a WebSocket. A client without one is a script, and is let in only by token,
        which no foreign page can make a browser send.
        """
        origin = origin or self.request.headers.get("Origin")
        if origin is None:
            return bool(self.token_authenticated)
        return same_origin(origin, self.request.host) or (
            self.allow_origin not in {"", "*"} and origin == self.allow_origin
        )

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        user = self.current_user
        if not await ensure_async(self.authorizer.is_authorized(self, user, "execute", RESOURCE)):
            raise tornado.web.HTTPError(403, "Not allowed to run stages.")
        if not self.check_origin():
            raise tornado.web.HTTPError(403, "This page may not speak to Cellar.")
        await super().get(*args, **kwargs)

    async def open(self, *args: Any, **kwargs: Any) -> None:
        super().open(*args, **kwargs)
        try:
            self._upstream = await self._connected()
        except BridgeUnavailable as unavailable:
            self._end(FAILED, str(unavailable))
            return
        except (OSError, asyncio.TimeoutError, HTTPClientError, tornado.websocket.WebSocketError) as error:
            self.log.warning("bridge: no connection: %s", error)
            self._end(RESTARTING, "The bridge did not take the connection.")
            return
        if self.ws_connection is None:
            self._upstream.close()
            return
        self._relay = asyncio.create_task(self._from_bridge(self._upstream))

    async def _connected(self) -> tornado.websocket.WebSocketClientConnection:
        """A connection to the bridge, or to the next one where this one is just ending."""
        address = await self._supervisor.ensure()
        try:
            return await connect(address)
        except (ConnectionError, FileNotFoundError):
            return await connect(await asyncio.wait_for(self._supervisor.ensure(after=address), CONNECT_SECONDS))

    async def on_message(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self._end(NOT_TEXT, "Only text frames.")
        elif self._upstream is not None:
            # Awaited: a slow bridge slows this browser down instead of filling the server's memory.
            with contextlib.suppress(tornado.websocket.WebSocketClosedError):
                await self._upstream.write_message(message)

    async def _from_bridge(self, upstream: tornado.websocket.WebSocketClientConnection) -> None:
        try:
            while (message := await upstream.read_message()) is not None:
                await self.write_message(message)
        except tornado.websocket.WebSocketClosedError:
            return
        self._end(RESTARTING, "The bridge ended; it is being started again.")

    def _end(self, code: int, reason: str) -> None:
        # A close frame holds at most 123 bytes of reason.
        self.close(code, reason.encode()[:120].decode("utf-8", "ignore"))

    def on_close(self) -> None:
        if self._upstream is not None:
            self._upstream.close()
        super().on_close()


class StatusHandler(APIHandler):
    """`GET cellar/status`: the state of the bridge, the Node that runs it, and what to do without one."""

    auth_resource = RESOURCE

    def initialize(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    @tornado.web.authenticated
    @authorized("read", RESOURCE)  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        fix: dict[str, str] | None = None
        if self._supervisor.node is None:
            try:
                await self._supervisor.look_for_node()
            except NodeMissing as missing:
                floor = ".".join(str(part) for part in FLOOR)
                fix = {"message": str(missing), "command": INSTALL, "floor": floor}
        self.finish({**self._supervisor.describe(), "fix": fix})
