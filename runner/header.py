from __future__ import annotations

import hashlib
import json
import re

from .refusal import Refusal

SEMANTICS = 1
"""Number of what this runner does (N47): raised when results could differ."""

HEADER_PREFIX = "# cellar: "
BLOCK_MARK = "# %%"
HEADER_KEYS = [
    "v",
    "semantics",
    "notebook",
    "stage",
    "vars_in",
    "vars_out",
    "files_in",
    "files_out",
    "ignore",
    "params",
    "outputs",
    "blocks",
    "bound_in",
    "md5",
]


class Script:
    """A stage script that has been checked (N9): its header, its text, and where its parts begin."""

    def __init__(self, path: str, text: str, header: dict) -> None:
        self.path = path
        self.text = text
        self.header = header
        self.lines = text.split("\n")
        self.block_lines: list = header["blocks"]

    @property
    def body(self) -> str:
        """The text without line 1."""
        return self.text.partition("\n")[2]

    def slice_text(self) -> tuple[int, str]:
        """First line and text of what stands above the first block."""
        end = self.block_lines[0] - 2 if self.block_lines else len(self.lines)
        return 2, "\n".join(self.lines[1:end]) + "\n"

    def block_text(self, index: int) -> tuple[int, str]:
        """First line and text of block `index`, without its mark."""
        start = self.block_lines[index]
        last = index + 1 == len(self.block_lines)
        end = len(self.lines) if last else self.block_lines[index + 1] - 2
        return start, "\n".join(self.lines[start - 1 : end]).rstrip("\n") + "\n"


def read_script(path: str) -> Script:
    """Read and check a stage script; refuses a changed one, a newer one, and what is no stage script (N9, N10, N47)."""
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as error:
        raise Refusal(
            "E_SCRIPT_MISSING",
            f"The stage script {path} cannot be read: {error.strerror}.",
            "Compile the notebook again: cellar compile",
        ) from None
    first, _, rest = data.partition(b"\n")
    header = parse_header(path, first.decode("utf-8", "replace"))
    if hashlib.md5(rest, usedforsecurity=False).hexdigest() != header["md5"]:
        raise Refusal(
            "E_SCRIPT_EDITED",
            f"{path} was changed by hand: its text does not match the MD5 on its first line.",
            "Change the notebook instead and compile it: cellar compile",
            {"path": path},
        )
    return Script(path, data.decode("utf-8"), header)


def parse_header(path: str, line: str) -> dict:
    """Line 1 of a stage script as a dict with every key of `ScriptHeader`."""
    again = "Compile the notebook again: cellar compile"
    if not line.startswith(HEADER_PREFIX):
        raise Refusal(
            "E_SCRIPT_HEADER", f"{path} is not a stage script: line 1 does not begin with '{HEADER_PREFIX}'.", again
        )
    try:
        header = json.loads(line[len(HEADER_PREFIX) :])
    except ValueError:
        raise Refusal("E_SCRIPT_HEADER", f"Line 1 of {path} is not JSON.", again) from None
    if not isinstance(header, dict):
        raise Refusal("E_SCRIPT_HEADER", f"Line 1 of {path} is not a JSON object.", again)
    semantics = header.get("semantics")
    if isinstance(semantics, int) and (semantics > SEMANTICS or header.get("v") != 1):
        raise Refusal(
            "E_RUNNER_TOO_OLD",
            f"{path} needs a runner of semantics {semantics}; this .cellar/run.py has {SEMANTICS}.",
            "Upgrade Cellar and compile the notebook again",
            {"needs": semantics, "has": SEMANTICS},
        )
    missing = [key for key in HEADER_KEYS if key not in header]
    if missing or not re.fullmatch("[0-9a-f]{32}", str(header.get("md5"))):
        raise Refusal("E_SCRIPT_HEADER", f"Line 1 of {path} lacks: {', '.join(missing) or 'a valid md5'}.", again)
    return header
