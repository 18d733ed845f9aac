"""A stage is running when the Jupyter server ends, however it ends: nothing of it goes on, nothing is lost (N55)."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .real_server import descendants, gone, serving

NOTEBOOK = "own.ipynb"
# Seconds that the end of the bridge and of a running stage may take after the server's.
LIMIT = 5

QUIET = 'with open("out.txt", "w") as file:\n    file.write("whole")'
# A grandchild, and C code that holds the interpreter and hears neither of the gentle signals.
STUBBORN = """import itertools, os, signal, subprocess, time
with open("out.txt", "w") as file:
    file.write("part")
for each in (signal.SIGINT, signal.SIGTERM):
    signal.signal(each, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
print(os.getpid(), child.pid, flush=True)
while not os.path.exists("../go"):
    time.sleep(0.01)
os.remove("../go")
sum(itertools.repeat(1))"""


def cells(source: str) -> list[dict[str, Any]]:
    tag = {"role": "stage", "stage": "write"}
    return [{"type": "code", "id": None, "source": source, "tag": tag, "tags": []}]


def notebook(source: str) -> dict[str, Any]:
    kernel = {"name": "python3", "language": "python", "executable": sys.executable}
    return {
        "path": NOTEBOOK, "base": None, "version": 1, "metadata": {"version": 1}, "kernel": kernel,
        "cells": cells(source),
    }  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_the_end_of_the_server_is_the_end_of_a_running_stage(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as server:
        subprocess.run(["git", "init", "--quiet", server.root], check=True, timeout=20)
        tab = await server.open_tab()
        await tab.request("project/start", path=NOTEBOOK, gitInit=False, subdir=False)
        doc = (await tab.request("notebook/open", **notebook(QUIET)))["doc"]
        run = {"doc": doc, "mode": "all", "stage": None, "clientId": "one"}
        await tab.request("run/start", **run)
        while (await tab.next_event())["type"] != "state":
            pass
        out = server.root / "out.txt"
        lock = (server.root / "dvc.lock").read_bytes()
        assert out.read_text() == "whole"

        delta = {"start": 0, "remove": 1, "insert": cells(STUBBORN)}
        await tab.request("notebook/change", doc=doc, version=2, deltas=[delta])
        job = await tab.request("run/start", **run)
        event = await tab.next_event()
        while event["type"] != "runner" or event["event"]["event"] != "stream":
            event = await tab.next_event()
        stage = [int(pid) for pid in event["event"]["text"].split()]
        assert out.read_text() == "part"
        below = descendants(server.process.pid)
        assert set(stage) <= set(below)

        # What was printed has arrived; only now the stage may keep the interpreter to itself.
        (tmp_path / "go").touch()
        while (tmp_path / "go").exists():
            await asyncio.sleep(0.01)
        os.kill(server.process.pid, number)
        assert await gone([server.process.pid, *below], LIMIT)
        assert out.read_text() == "whole"
        assert (server.root / "dvc.lock").read_bytes() == lock

    with serving(tmp_path) as server:
        tab = await server.open_tab()
        project = await tab.request("project/get", path=NOTEBOOK)
        assert [(each["id"], each["state"]) for each in project["jobs"]] == [(job["id"], "interrupted")]
        states = {each["name"]: each["state"] for each in project["stages"]}
        assert states == {"write": "stale"}
        opened = await tab.request("notebook/open", **notebook(QUIET))
        assert [each["state"] for each in opened["stages"]] == ["fresh"]
