"""The way of a frame: who is let in, what travels, what is closed and why."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketClientConnection

from jupyterlab_cellar.handlers import LARGEST_FRAME, RESTARTING, same_origin


async def facts(ws: WebSocketClientConnection) -> dict[str, Any]:
    await ws.write_message("facts")
    answer: dict[str, Any] = json.loads(await ws.read_message() or "{}")
    return answer


async def test_relays_text_both_ways(jp_ws_fetch: Any) -> None:
    ws = await jp_ws_fetch("cellar", "rpc")
    await ws.write_message('{"jsonrpc":"2.0"}')
    assert await ws.read_message() == 'echo {"jsonrpc":"2.0"}'
    long = "x" * (LARGEST_FRAME - 100)
    await ws.write_message(long)
    assert await ws.read_message() == f"echo {long}"


async def test_tells_the_bridge_its_secret_root_and_python_on_stdin_only(
    jp_ws_fetch: Any, jp_root_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "hub-token")
    found = await facts(await jp_ws_fetch("cellar", "rpc"))
    greeting = found["greeting"]
    assert len(bytes.fromhex(greeting["secret"])) == 32
    assert greeting["root"] == str(jp_root_dir) and greeting["protocol"] == 1
    assert Path(greeting["python"]).is_file()
    assert greeting["secret"] not in json.dumps([found["argv"], found["env"]])
    assert "JUPYTERHUB_API_TOKEN" not in found["env"]


async def test_the_socket_lies_in_a_folder_for_this_user_only(jp_ws_fetch: Any, extension: Any) -> None:
    found = await facts(await jp_ws_fetch("cellar", "rpc"))
    folder = os.path.dirname(found["path"])
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    await extension.supervisor.stop()
    assert not os.path.exists(folder)


@pytest.mark.parametrize("headers", [{"Authorization": "token wrong"}, {"Authorization": ""}])
@pytest.mark.parametrize("route", ["rpc", "status"])
async def test_refuses_a_stranger(
    jp_ws_fetch: Any, jp_fetch: Any, extension: Any, headers: dict[str, str], route: str
) -> None:
    with pytest.raises(HTTPClientError) as refused:
        if route == "rpc":
            await jp_ws_fetch("cellar", "rpc", headers=headers)
        else:
            await jp_fetch("cellar", "status", headers=headers)
    assert refused.value.code == 403
    assert extension.supervisor.state == "idle"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://{host}.evil.example", "http://evil@{host}", "null", "file://{host}"]
)
async def test_refuses_a_foreign_page_even_with_the_token(
    jp_ws_fetch: Any, jp_auth_header: dict[str, str], jp_serverapp: Any, extension: Any, origin: str
) -> None:
    host = f"{jp_serverapp.ip}:{jp_serverapp.port}"
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch("cellar", "rpc", headers={**jp_auth_header, "Origin": origin.format(host=host)})
    assert refused.value.code == 403
    assert extension.supervisor.state == "idle"


def test_compares_origins_by_their_parts() -> None:
    assert same_origin("https://lab.example:8888", "LAB.example:8888")
    for origin in [
        "https://lab.example",
        "lab.example:8888",
        "https://lab.example:8888/x",
        "https://a@lab.example:8888",
        "https://[",
    ]:
        assert not same_origin(origin, "lab.example:8888")


async def test_refuses_a_user_who_may_not_execute(
    jp_ws_fetch: Any, jp_serverapp: Any, extension: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def is_authorized(handler: Any, user: Any, action: str, resource: str) -> bool:
        asked.append((action, resource))
        return action != "execute"

    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", is_authorized)
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch("cellar", "rpc")
    assert refused.value.code == 403 and asked == [("execute", "cellar")]
    assert extension.supervisor.state == "idle"


@pytest.mark.parametrize(("frame", "binary", "code"), [("x" * (LARGEST_FRAME + 1), False, 1009), (b"\x00", True, 1003)])
async def test_closes_on_frames_that_are_not_for_it(
    jp_ws_fetch: Any, frame: str | bytes, binary: bool, code: int
) -> None:
    ws = await jp_ws_fetch("cellar", "rpc")
    await ws.write_message(frame, binary=binary)
    assert await ws.read_message() is None
    assert ws.close_code == code


async def test_says_that_the_bridge_died_and_takes_the_next_connection(jp_ws_fetch: Any, extension: Any) -> None:
    ws = await jp_ws_fetch("cellar", "rpc")
    before = (await facts(ws))["pid"]
    await ws.write_message("die")
    assert await ws.read_message() is None
    assert ws.close_code == RESTARTING and "started again" in ws.close_reason
    again = await facts(await jp_ws_fetch("cellar", "rpc"))
    assert again["pid"] != before
    assert extension.supervisor.state == "ready" and extension.supervisor.deaths == 1


async def test_counts_running_jobs_as_activity(jp_ws_fetch: Any, jp_serverapp: Any, extension: Any) -> None:
    ws = await jp_ws_fetch("cellar", "rpc")
    assert extension.current_activity() is None
    for count, expected in ((2, {"jobs": 2}), (0, None)):
        await ws.write_message(f"activity {count}")
        await extension.supervisor.wait_until(lambda count=count: extension.supervisor.activity == count)
        assert extension.current_activity() == expected
    assert "cellar_last_activity" in jp_serverapp.web_app.settings
