"""Runs one command and prints its cost as JSON: wall and CPU seconds, peak resident memory in MB, exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> None:
    begin = time.perf_counter()
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    facts = {
        "wall": time.perf_counter() - begin,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024),
        "exit": os.waitstatus_to_exitcode(status),
        "errors": errors.decode("utf-8", "replace")[-2000:],
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
