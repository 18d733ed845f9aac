"""Runs one command and prints its cost as JSON: wall and CPU seconds, peak memory in MB, exit code.

`memory` is the peak of all resident pages, as the system counts it. `own` is the largest anonymous part seen (every
5 ms, Linux only): what the program itself asked for, without pages of program files, which the system shares and drops.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time


def watch(pid: int, done: threading.Event, peak: list[int]) -> None:
    """Keeps the largest `RssAnon` of the process, in KB, until `done`."""
    while not done.wait(0.005):
        try:
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
                found = [int(line.split()[1]) for line in status if line.startswith("RssAnon")]
        except OSError:
            return
        peak[0] = max(peak[0], *found) if found else peak[0]


def main() -> None:
    begin = time.perf_counter()
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    done, peak = threading.Event(), [0]
    watcher = threading.Thread(target=watch, args=(child.pid, done, peak))
    watcher.start()
    errors = child.stderr.read()
    done.set()
    watcher.join()
    _, status, usage = os.wait4(child.pid, 0)
    facts = {
        "wall": time.perf_counter() - begin,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024),
        "own": peak[0] / 1024,
        "exit": os.waitstatus_to_exitcode(status),
        "errors": errors.decode("utf-8", "replace")[-2000:],
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
