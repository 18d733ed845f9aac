"""`make test`: every step, also after one that failed, then one line with the sum of what all of them counted.

python scripts/test.py            all steps
python scripts/test.py WORD…      the steps whose name holds one of the words
"""

from __future__ import annotations

import sys
import time

from steps import REPORTS, STEPS, Counts


def described(counts: Counts) -> str:
    return f"{counts.passed:5} passed {counts.failed:4} failed {counts.skipped:4} skipped"


def main() -> int:
    words = sys.argv[1:]
    REPORTS.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, Counts, float]] = []
    for step in STEPS:
        if words and not any(word in step.name for word in words):
            continue
        print(f"\n── {step.name}", flush=True)
        began = time.monotonic()
        rows.append((step.name, step.run(), time.monotonic() - began))
    print("\n── summary")
    for name, counts, seconds in rows:
        mark = "FAILED" if counts.failed else "ok"
        print(f"{mark:6}  {name:32} {described(counts)} {seconds:7.1f} s")
        for failed in counts.names:
            print(f"        {failed}")
    total = sum((counts for _, counts, _ in rows), Counts())
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped", flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    raise SystemExit(main())
