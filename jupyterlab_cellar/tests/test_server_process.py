"""What a real Jupyter server with the real bridge listens on, and what its end leaves."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .real_server import Server, descendants, gone, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as running:
        yield running


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
