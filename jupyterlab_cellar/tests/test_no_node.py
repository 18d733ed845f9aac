"""No Node, or one that is too old: the panel's page learns what to do over HTTP, and after that all works."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_cellar import node
from jupyterlab_cellar.handlers import FAILED
from jupyterlab_cellar.node import INSTALL, find_node


async def status(jp_fetch: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((await jp_fetch("cellar", "status")).body)
    return answer


@pytest.mark.parametrize("old", [True, False])
async def test_without_a_node_that_will_do(
    old: bool, jp_fetch: Any, jp_ws_fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = find_node().path
    programs = tmp_path / "programs"
    programs.mkdir()
    if old:
        (programs / "node").write_text("#!/bin/sh\necho v18.20.4\n")
        (programs / "node").chmod(0o755)
    monkeypatch.setattr(node, "wheel_node", lambda: None)
    monkeypatch.delenv("CELLAR_NODE", raising=False)
    monkeypatch.setenv("PATH", str(programs))

    found = await status(jp_fetch)
    assert found["fix"]["command"] == INSTALL
    assert found["fix"]["message"].startswith("Cellar needs Node.js 22.13 or newer and found none")
    assert ("node from PATH is 18.20.4" in found["fix"]["message"]) == old
    page = await jp_ws_fetch("cellar", "rpc")
    assert await page.read_message() is None
    assert page.close_code == FAILED and page.close_reason.startswith("Cellar needs Node.js 22.13")
    assert (await status(jp_fetch))["state"] == "no-node"

    # The next step brings a Node; the page's *Try again* is one more connection.
    (programs / "node").unlink(missing_ok=True)
    os.symlink(good, programs / "node")
    again = await jp_ws_fetch("cellar", "rpc")
    await again.write_message("hello")
    assert await again.read_message() == "echo hello"
    mended = await status(jp_fetch)
    assert mended["state"] == "ready" and mended["fix"] is None and mended["node"]["source"] == "PATH"
