"""A real Jupyter server in its own process, with the real bridge: what it listens on, what its end leaves."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

BRIDGE = Path(__file__).parent.parent / "bridge" / "main.mjs"
TOKEN = "for-this-test"


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int

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


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


@pytest.fixture
def server(tmp_path: Path, unused_port: int) -> Iterator[Server]:
    if not BRIDGE.is_file():
        pytest.fail("The bridge is not built; run `npm run build:bridge`.")
    env = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path / "c"), "JUPYTER_DATA_DIR": str(tmp_path / "d")}
    (tmp_path / "root").mkdir()
    arguments = [
        f"--port={unused_port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={tmp_path / 'root'}", "--ServerApp.port_retries=0",
        "--ServerApp.jpserver_extensions=jupyterlab_cellar=True",
    ]  # fmt: skip
    log = tmp_path / "log"
    with log.open("wb") as said:
        process = subprocess.Popen([sys.executable, "-m", "jupyter_server", *arguments], env=env, stderr=said)
    deadline = time.monotonic() + 120
    while not accepts(unused_port):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(log.read_text())
        time.sleep(0.05)
    try:
        yield Server(process, unused_port)
    finally:
        process.kill()
        process.wait(timeout=20)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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


def listening(pids: list[int]) -> list[str]:
    """TCP sockets on which these processes listen (Linux: state 0A in /proc/net)."""
    inodes = set()
    for pid in pids:
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(fd)
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    rows = []
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and fields[9] in inodes:
                rows.append(fields[1])
    return rows


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


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_bridge_listens_on_no_port(server: Server) -> None:
    await server.connect()
    bridges = descendants(server.process.pid)
    assert bridges and listening(bridges) == []
    assert listening([server.process.pid]) != []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_the_end_of_the_server_is_the_end_of_the_bridge(server: Server, number: signal.Signals) -> None:
    await server.connect()
    bridges = descendants(server.process.pid)
    assert bridges
    server.process.send_signal(number)
    assert await gone([server.process.pid, *bridges], 5)


async def test_status_names_the_node_and_the_state(server: Server) -> None:
    before = await server.status()
    assert before["state"] == "idle" and before["fix"] is None and before["node"]
    await server.connect()
    after = await server.status()
    assert after["state"] == "ready" and after["version"]
