from __future__ import annotations

import os
import signal
import sys
import threading
import time

GRACE_SECONDS = 1.0
F_SETSIG = 10


def watch_lifeline(fd: int) -> None:
    """End this process and its group when the other end of `fd` closes (N55).

    On Linux the kernel itself sends the signal, so that C code which holds the interpreter's lock ends too.
    """
    os.set_inheritable(fd, False)
    threading.Thread(target=_wait, args=(fd,), name="cellar-lifeline", daemon=True).start()
    if sys.platform == "linux":
        import fcntl

        owner = -os.getpgrp() if _leads_group() else os.getpid()
        try:
            fcntl.fcntl(fd, fcntl.F_SETOWN, owner)
            fcntl.fcntl(fd, F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
        except OSError:
            return


def _leads_group() -> bool:
    return hasattr(os, "getpgrp") and os.getpgrp() == os.getpid()


def _wait(fd: int) -> None:
    try:
        while os.read(fd, 4096):
            pass
    except OSError:
        pass
    if _leads_group():
        signal_group(signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        signal_group(signal.SIGKILL)
    os._exit(1)


def signal_group(number: int) -> None:
    try:
        os.killpg(os.getpgrp(), number)
    except OSError:
        return
