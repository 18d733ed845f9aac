"""Reads a child's pipe line by line, without trusting it to send short lines."""

from __future__ import annotations

from asyncio import StreamReader
from collections.abc import AsyncIterator

LONGEST = 64 * 1024


async def lines(stream: StreamReader) -> AsyncIterator[str]:
    """Lines without their end. A longer one than `LONGEST` bytes comes in pieces; the pipe is always drained."""
    rest = b""
    while chunk := await stream.read(LONGEST):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace")
        if len(rest) >= LONGEST:
            yield rest.decode("utf-8", "replace")
            rest = b""
    if rest:
        yield rest.decode("utf-8", "replace")
