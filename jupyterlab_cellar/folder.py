"""The private folder of a bridge: where its socket lies."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

PREFIX = "cellar-bridge-"
SOCKET = "s"
# sun_path is 108 bytes with its end; a longer one fails with EINVAL.
LONGEST = 107


def private_folder() -> str:
    """A new folder that only this user can enter, with a path short enough for a socket in it."""
    folder = tempfile.mkdtemp(prefix=PREFIX)
    if os.name == "nt":
        return folder
    if len(os.fsencode(os.path.join(folder, SOCKET))) > LONGEST:
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix=PREFIX, dir="/tmp")
    sweep(Path(folder).parent)
    return folder


def sweep(parent: Path) -> None:
    """Removes folders of bridges whose server was killed: ours, with a socket on which nobody listens any more."""
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.getuid() and _abandoned(folder / SOCKET):
                shutil.rmtree(folder)


def _abandoned(path: Path) -> bool:
    if not stat.S_ISSOCK(path.lstat().st_mode):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
    return False
