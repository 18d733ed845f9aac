"""Keeps one bridge alive: starts it on demand, starts it again with a back-off, and says what state it is in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .node import Node, NodeMissing, find_node
from .process import PROTOCOL, Address, BridgeProcess, StartFailed

# Seconds before the next start after the first, second … death in a row; after the last of them it stays down.
BACK_OFF = (0.2, 0.5, 1.0, 2.0, 5.0)
# A bridge that lived this long is healthy: its death starts the count anew.
HEALTHY = 10.0


class BridgeUnavailable(Exception):
    """There is no bridge to talk to; the text says why."""


class Supervisor:
    """State is one of `idle`, `starting`, `ready`, `waiting` (back-off), `no-node`, `failed`, `stopped`."""

    def __init__(
        self,
        *,
        script: Path,
        root: str | None,
        log: logging.Logger,
        node_path: str = "",
        start_timeout: float = 15.0,
        on_activity: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._script = script
        self._root = root
        self._log = log
        self._node_path = node_path
        self._start_timeout = start_timeout
        self._on_activity = on_activity
        self._task: asyncio.Task[None] | None = None
        self._process: BridgeProcess | None = None
        self._changed = asyncio.Condition()
        self.state = "idle"
        self.reason: str | None = None
        self.node: Node | None = None
        self.deaths = 0
        self.activity = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def ensure(self, after: Address | None = None) -> Address:
        """The address of a ready bridge, started when there is none; raises `BridgeUnavailable` with the reason.

        `after` is one that does not answer any more: its end may not be noticed yet, so the next one is waited for.
        """
        if self.state == "stopped":
            raise BridgeUnavailable("The server is shutting down.")
        if self.state in {"idle", "no-node", "failed"}:
            self._enter("starting")
            self._task = asyncio.create_task(self._keep_alive())
        await self.wait_until(
            lambda: self.state in {"no-node", "failed", "stopped"} or (self.state == "ready" and self._address != after)
        )
        if self.state != "ready" or self._address is None:
            raise BridgeUnavailable(self.reason or "The bridge is not running.")
        return self._address

    @property
    def _address(self) -> Address | None:
        return self._process.address if self._process else None

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        """Waits for a change of state or activity after which `holds()`."""
        async with self._changed:
            await self._changed.wait_for(holds)

    async def look_for_node(self) -> None:
        """Fills `node`; raises `NodeMissing`. In a thread: a program that hangs must not hold the server."""
        self.node = None
        self.node = await asyncio.to_thread(find_node, self._node_path)

    async def stop(self) -> None:
        """Ends the bridge for good."""
        self._enter("stopped", "The server is shutting down.")
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._announce()

    def describe(self) -> dict[str, Any]:
        """For `GET cellar/status`: what the panel shows while it has no connection."""
        node = self.node
        return {
            "state": self.state,
            "reason": self.reason,
            "protocol": PROTOCOL,
            "version": self._process.version if self._process else None,
            "deaths": self.deaths,
            "node": {"path": node.path, "version": node.version_text, "source": node.source} if node else None,
        }

    def _enter(self, state: str, reason: str | None = None) -> None:
        self.state = state
        self.reason = reason

    async def _announce(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _heard_activity(self, count: int) -> None:
        self.activity = count
        self._on_activity(count)
        await self._announce()

    async def _keep_alive(self) -> None:
        """Runs from the first demand to the stop; ends early without Node, or after too many deaths in a row."""
        self.deaths = 0
        try:
            while True:
                self._enter("starting", self.reason)
                began = time.monotonic()
                why = await self._one_life()
                if why is None:
                    return
                self.deaths = 1 if time.monotonic() - began > HEALTHY else self.deaths + 1
                if self.deaths > len(BACK_OFF):
                    self._enter("failed", f"{why} It was started {self.deaths} times in vain.")
                    self._log.error("bridge: %s", self.reason)
                    return
                self._enter("waiting", why)
                self._log.warning("bridge: %s Starting it again.", why)
                await self._announce()
                await asyncio.sleep(BACK_OFF[self.deaths - 1])
        finally:
            await asyncio.shield(self._announce())

    async def _one_life(self) -> str | None:
        """Starts a bridge and waits for its end. Returns why it ended, or None when another start has no sense."""
        try:
            await self.look_for_node()
            assert self.node
            process = await BridgeProcess.start(
                self.node.path, self._script, self._root, self._log, self._start_timeout, self._heard_activity
            )
        except NodeMissing as missing:
            self._enter("no-node", str(missing))
            return None
        except StartFailed as failed:
            return str(failed)
        self._process = process
        try:
            self._enter("ready")
            self._log.info("bridge: ready, version %s, pid %s", process.version, process.pid)
            await self._announce()
            code = await process.wait()
            why = f"The bridge ended with {'signal' if code < 0 else 'code'} {abs(code)}."
            self._enter("waiting", why)
            return why
        finally:
            self._process = None
            await self._heard_activity(0)
            await process.end()
