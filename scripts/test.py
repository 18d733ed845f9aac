"""`make test`: every step, also after one that failed, then one line with the sum of what all of them counted.

python scripts/test.py            all steps
python scripts/test.py WORD…      the steps whose name holds one of the words
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from threading import Lock
from typing import IO

from steps import REPORTS, STEPS, Counts, Step

AT_ONCE = 2


def described(counts: Counts) -> str:
    return f"{counts.passed:5} passed {counts.failed:4} failed {counts.skipped:4} skipped"


@dataclass(frozen=True)
class Row:
    name: str
    counts: Counts
    seconds: float


def timed(step: Step, output: IO[str] | None = None) -> Row:
    began = time.monotonic()
    return Row(step.name, step.run(output), time.monotonic() - began)


def beside_each_other(steps: list[Step]) -> Iterator[Row]:
    """Runs steps of one core each, two at a time; each one's output comes whole when it ends."""
    terminal = Lock()

    def run(step: Step) -> Row:
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            row = timed(step, output)
            output.seek(0)
            with terminal:
                print(f"\n── {step.name}\n{output.read().rstrip()}", flush=True)
        return row

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(run, steps)


def rows_of(steps: list[Step]) -> Iterator[Row]:
    for single, some in groupby(steps, key=lambda step: step.single):
        if single:
            yield from beside_each_other(list(some))
            continue
        for step in some:
            print(f"\n── {step.name}", flush=True)
            yield timed(step)


def main() -> int:
    words = sys.argv[1:]
    REPORTS.mkdir(parents=True, exist_ok=True)
    rows = list(rows_of([step for step in STEPS if not words or any(word in step.name for word in words)]))
    print("\n── summary")
    for row in rows:
        mark = "FAILED" if row.counts.failed else "ok"
        print(f"{mark:6}  {row.name:32} {described(row.counts)} {row.seconds:7.1f} s")
        for failed in row.counts.names:
            print(f"        {failed}")
    total = sum((row.counts for row in rows), Counts())
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped", flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    raise SystemExit(main())
