"""One life of the bridge: from its private folder and the handshake to the end of its process group."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .folder import SOCKET, private_folder
from .lines import lines

PROTOCOL = 1
LOOPBACK = os.name == "nt"
# Credentials of the Jupyter server and its Hub: the bridge calls neither, and stages get the bridge's environment.
PRIVATE = ("JUPYTERHUB_", "JPY_", "JUPYTER_TOKEN")

OnActivity = Callable[[int], Awaitable[None]]


class StartFailed(Exception):
    """The bridge ended or stayed silent before it was ready."""


@dataclass(frozen=True)
class Address:
    """Where a running bridge listens: a unix socket, or on Windows a port of 127.0.0.1; and the secret it asks for."""

    socket: str | None
    port: int | None
    secret: str


def child_environment(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if not name.startswith(PRIVATE)}


class BridgeProcess:
    """A bridge that is ready. Made by `start`; ends with `end`, or by itself (`wait`)."""

    def __init__(self, child: asyncio.subprocess.Process, folder: str, log: logging.Logger) -> None:
        self._child = child
        self._folder = folder
        self._log = log
        self._readers: list[asyncio.Task[None]] = []
        self.address: Address | None = None
        self.version: str | None = None

    @property
    def pid(self) -> int:
        return self._child.pid

    @classmethod
    async def start(
        cls,
        node: str,
        script: Path,
        root: str | None,
        log: logging.Logger,
        timeout: float,
        on_activity: OnActivity,
    ) -> BridgeProcess:
        """Starts `node script` and waits at most `timeout` seconds for its ready line; raises `StartFailed`."""
        folder = private_folder()
        secret = secrets.token_hex(32)
        where = ["--loopback"] if LOOPBACK else ["--socket", os.path.join(folder, SOCKET)]
        try:
            child = await asyncio.create_subprocess_exec(
                node,
                str(script),
                *where,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                cwd=script.parent,
                env=child_environment(os.environ),
            )
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise StartFailed(f"Node could not be started: {error}") from error
        self = cls(child, folder, log)
        greeting = {"secret": secret, "root": root, "python": sys.executable, "protocol": PROTOCOL}
        try:
            await asyncio.wait_for(self._handshake(greeting, on_activity), timeout)
        except BaseException as error:
            await self.end()
            if isinstance(error, asyncio.TimeoutError):
                raise StartFailed(f"The bridge was not ready after {timeout:g} s.") from error
            raise
        return self

    async def _handshake(self, greeting: dict[str, Any], on_activity: OnActivity) -> None:
        assert self._child.stdin and self._child.stdout and self._child.stderr
        ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._readers = [
            asyncio.create_task(self._read_stdout(self._child.stdout, ready, on_activity)),
            asyncio.create_task(self._read_stderr(self._child.stderr)),
        ]
        with contextlib.suppress(ConnectionError):
            self._child.stdin.write(json.dumps(greeting).encode() + b"\n")
            await self._child.stdin.drain()
        line = await ready
        if line.get("protocol") != PROTOCOL:
            raise StartFailed(f"The bridge speaks protocol {line.get('protocol')}, this server {PROTOCOL}.")
        self.version = str(line.get("version", ""))
        socket = None if LOOPBACK else os.path.join(self._folder, SOCKET)
        self.address = Address(socket, line.get("port"), greeting["secret"])

    async def _read_stdout(
        self,
        stream: asyncio.StreamReader,
        ready: asyncio.Future[dict[str, Any]],
        on_activity: OnActivity,
    ) -> None:
        """The bridge's side channel: the ready line, then `{"activity": n}`; anything else belongs in the log."""
        async for line in lines(stream):
            try:
                message = json.loads(line)
            except ValueError:
                message = None
            if isinstance(message, dict) and message.get("ready") is True and not ready.done():
                ready.set_result(message)
            elif isinstance(message, dict) and isinstance(message.get("activity"), int):
                await on_activity(message["activity"])
            elif line.strip():
                self._log.info("bridge: %s", line)
        if not ready.done():
            ready.set_exception(StartFailed("The bridge ended before it was ready; the server's log has its words."))

    async def _read_stderr(self, stream: asyncio.StreamReader) -> None:
        async for line in lines(stream):
            self._log.warning("bridge: %s", line)

    async def wait(self) -> int:
        """Waits for the end; returns the exit code, negative for a signal."""
        return await self._child.wait()

    async def end(self) -> None:
        """Closes its stdin, which asks it to end; after 1 s terminates, after 3.5 more kills its group.

        A stage gets 3 s to end, then its outs are put back; all has to fit into the 5 s that a server may take.
        """
        try:
            if self._child.stdin:
                self._child.stdin.close()
            for patience, harder in ((1.0, signal.SIGTERM), (3.5, getattr(signal, "SIGKILL", signal.SIGTERM))):
                if await self._ended_within(patience):
                    break
                self._signal_group(harder)
            else:
                await self._child.wait()
        finally:
            # Its last words; a grandchild that holds the pipe open must not hold us.
            if self._readers:
                await asyncio.wait(self._readers, timeout=0.5)
            for reader in self._readers:
                reader.cancel()
            await asyncio.gather(*self._readers, return_exceptions=True)
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _ended_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._child.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True

    def _signal_group(self, number: int) -> None:
        # Only while the leader is not reaped: later the number could belong to someone else.
        if self._child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if LOOPBACK:
                self._child.kill()
            else:
                os.killpg(self._child.pid, number)
