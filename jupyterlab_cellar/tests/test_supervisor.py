"""Lives and deaths of the bridge."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_cellar import folder, node, supervisor
from jupyterlab_cellar.supervisor import BridgeUnavailable, Supervisor

from .conftest import STAND_IN

Make = Callable[..., Supervisor]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def make(jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Make]:
    made: list[Supervisor] = []

    def one(**given: Any) -> Supervisor:
        made.append(Supervisor(script=STAND_IN, root="/", log=logging.getLogger("test"), **given))
        return made[-1]

    yield one
    for one_made in made:
        jp_asyncio_loop.run_until_complete(one_made.stop())


async def test_many_demands_start_one_bridge(make: Make) -> None:
    sup = make()
    addresses = await asyncio.gather(*[sup.ensure() for _ in range(5)])
    assert len({address.socket for address in addresses}) == 1
    said = sup.describe()
    assert said["state"] == "ready" and said["version"] == "stand-in" and said["node"]["path"]


async def test_backs_off_and_recovers_after_deaths(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "BACK_OFF", (0.01, 0.02, 0.03))
    sup = make()
    pids = set()
    for death in range(3):
        await sup.ensure()
        assert sup.deaths == death
        assert sup.pid
        pids.add(sup.pid)
        os.kill(sup.pid, signal.SIGKILL)
        await sup.wait_until(lambda death=death: sup.deaths == death + 1)
        assert "signal 9" in (sup.reason or "")
    await sup.ensure()
    assert len(pids) == 3 and sup.state == "ready"


async def test_passes_over_a_bridge_whose_end_is_not_noticed_yet(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "BACK_OFF", (0.01,))
    sup = make()
    first = await sup.ensure()
    assert sup.pid
    os.kill(sup.pid, signal.SIGKILL)
    assert sup.state == "ready" and await sup.ensure() == first
    second = await sup.ensure(after=first)
    assert second != first and sup.deaths == 1


async def test_gives_up_after_too_many_deaths_in_a_row_and_tries_again_on_demand(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "BACK_OFF", (0.01, 0.01))
    monkeypatch.setenv("STAND_IN", "crash")
    sup = make()
    with pytest.raises(BridgeUnavailable, match="started 3 times"):
        await sup.ensure()
    assert sup.state == "failed"
    monkeypatch.delenv("STAND_IN")
    await sup.ensure()
    assert sup.state == "ready"


@pytest.mark.parametrize(("behaviour", "words"), [("silent", "not ready after"), ("other", "speaks protocol 99")])
async def test_says_why_a_start_failed(make: Make, monkeypatch: pytest.MonkeyPatch, behaviour: str, words: str) -> None:
    monkeypatch.setattr(supervisor, "BACK_OFF", ())
    monkeypatch.setenv("STAND_IN", behaviour)
    sup = make(start_timeout=0.5 if behaviour == "silent" else 15)
    with pytest.raises(BridgeUnavailable, match=words):
        await sup.ensure()


async def test_without_node_it_says_so_and_finds_one_installed_later(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    sup = make()
    with monkeypatch.context() as hidden:
        hidden.setattr(node, "wheel_node", lambda: None)
        hidden.setenv("PATH", "")
        hidden.delenv("CELLAR_NODE", raising=False)
        with pytest.raises(BridgeUnavailable, match=r"needs Node.js 22\.13"):
            await sup.ensure()
        assert sup.state == "no-node"
    await sup.ensure()
    assert sup.state == "ready"


async def test_stop_leaves_no_process_and_no_folder(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for behaviour in ("", "deaf"):
        monkeypatch.setenv("STAND_IN", behaviour)
        sup = make()
        address = await sup.ensure()
        pid = sup.pid
        assert pid and address.socket
        await sup.stop()
        assert not alive(pid) and not os.path.exists(os.path.dirname(address.socket))
        with pytest.raises(BridgeUnavailable, match="shutting down"):
            await sup.ensure()


async def test_a_long_temporary_folder_still_gives_a_socket(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    monkeypatch.setattr(folder.tempfile, "tempdir", str(deep))
    address = await make().ensure()
    assert address.socket and len(os.fsencode(address.socket)) <= 107


async def test_takes_away_what_a_killed_server_left(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder.tempfile, "tempdir", str(tmp_path))
    left, running = tmp_path / "cellar-bridge-left", tmp_path / "cellar-bridge-running"
    listener = socket.socket(socket.AF_UNIX)
    for place in (left, running):
        place.mkdir()
        with socket.socket(socket.AF_UNIX) as ended:
            (listener if place is running else ended).bind(str(place / "s"))
    listener.listen()
    with listener:
        await make().ensure()
        assert running.exists() and not left.exists()
