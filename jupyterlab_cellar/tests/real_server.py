"""A real Jupyter server in its own process, with the real bridge, and what is known of its processes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

BRIDGE = Path(__file__).parent.parent / "bridge" / "main.mjs"
TOKEN = "for-this-test"


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int
    root: Path

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"token {TOKEN}"}

    async def status(self) -> dict[str, object]:
        url = f"http://127.0.0.1:{self.port}/cellar/status"
        found: dict[str, object] = json.loads((await AsyncHTTPClient().fetch(url, headers=self.headers)).body)
        return found

    async def connect(self) -> WebSocketClientConnection:
        """A connection whose bridge is up: the server accepts before it has started one."""
        connection = await websocket_connect(
            HTTPRequest(f"ws://127.0.0.1:{self.port}/cellar/rpc", headers=self.headers, request_timeout=60)
        )
        while (await self.status())["state"] == "starting":
            await asyncio.sleep(0.02)
        return connection

    async def open_tab(self) -> Tab:
        return Tab(await self.connect())


class Tab:
    """Speaks JSON-RPC with the bridge, as the browser does."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self._heard: list[dict[str, Any]] = []

    async def request(self, method: str, **params: object) -> Any:
        number = next(self._ids)
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        await self._connection.write_message(json.dumps(message))
        while True:
            answer = await self._read()
            if answer.get("id") == number and "method" not in answer:
                assert "error" not in answer, answer
                return answer["result"]
            self._heard.append(answer)

    async def next_event(self) -> Any:
        """The next event of a job."""
        while True:
            message = self._heard.pop(0) if self._heard else await self._read()
            if message.get("method") == "job/event":
                return message["params"]["event"]

    async def _read(self) -> dict[str, Any]:
        frame = await asyncio.wait_for(self._connection.read_message(), 60)
        assert isinstance(frame, str), "the connection was closed"
        found: dict[str, Any] = json.loads(frame)
        return found


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server on `folder/root`; its settings, its log and what is trusted are beside that."""
    if not BRIDGE.is_file():
        pytest.fail("The bridge is not built; run `npm run build:bridge`.")
    env = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / "c"),
        "JUPYTER_DATA_DIR": str(folder / "d"),
        "XDG_STATE_HOME": str(folder / "state"),
    }
    root = folder / "root"
    root.mkdir(exist_ok=True)
    port = unused_port()
    arguments = [
        f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={root}", "--ServerApp.port_retries=0",
        "--ServerApp.jpserver_extensions=jupyterlab_cellar=True",
    ]  # fmt: skip
    log = folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen([sys.executable, "-m", "jupyter_server", *arguments], env=env, stderr=said)
    deadline = time.monotonic() + 120
    while not accepts(port):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(log.read_text())
        time.sleep(0.05)
    try:
        yield Server(process, port, root)
    finally:
        process.kill()
        process.wait(timeout=20)


def descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True, timeout=20).stdout
    children: dict[int, list[int]] = {}
    for line in listed.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found = list(children.get(pid, []))
    for child in found:
        found.extend(children.get(child, []))
    return found


async def gone(pids: list[int], seconds: float) -> bool:
    """Whether all of them end within the time that the contract gives them."""

    def alive(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    deadline = asyncio.get_running_loop().time() + seconds
    while any(alive(pid) for pid in pids):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True
