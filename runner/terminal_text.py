from __future__ import annotations

import re
import sys
import sysconfig

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,16}(?=[>\s,)\]]|$)")
CONTROL = re.compile(r"(\x1b\[[0-9;?]*[A-Za-z]|\r|\x08)")
RATES = (
    re.compile(r" ?\[[0-9:?]+<[^\]\n]*\]"),  # tqdm: [00:01<00:00, 9.8it/s]
    re.compile(r" ?\[[0-9:]+, *[^\]\n]*/s\]"),  # tqdm without a total: [00:01, 9.8it/s]
    re.compile(r" ?\b[0-9.]+ ?[mµu]?s/(?:step|epoch|sample|it)\b"),
    re.compile(r" ?\b[0-9.]+ ?[kKMGT]?i?(?:it|B|bytes)/s\b"),
    re.compile(r" ?\b(?:eta|ETA):? ?[0-9:hms.-]+"),
    re.compile(r"(?<= )(?:[0-9]+:)?[0-9]+:[0-9]{2}(?= |$)"),
    re.compile(r"(?<=[━=.>─]) [0-9]+s\b"),
)
STYLER_ID = re.compile(r"\bT_[0-9a-f]{5}(?=[_\"' ]|\b)")


def recorded_stream(text: str) -> str:
    """Stream text as it is recorded (N45): progress bars in their last state, no addresses, no machine paths."""
    return mask(settle(text.replace("\r\n", "\n")))


def mask(text: str) -> str:
    """Hide addresses of the form ` at 0x…>` and the folders in which Python and packages are installed."""
    if " at 0x" in text:
        text = ADDRESS.sub(" at 0x…", text)
    for folder, name in _folders():
        if folder in text:
            text = text.replace(folder, name)
    return text


def mask_html(text: str) -> str:
    """Number the random table ids of pandas' Styler, so that the same table is the same text."""
    text = mask(text)
    if "T_" not in text:
        return text
    names: dict = {}
    return STYLER_ID.sub(lambda match: names.setdefault(match.group(), f"T_{len(names):05x}"), text)


def settle(text: str) -> str:
    """What a terminal would show in the end: overwritten text gone, and rates and times of overwritten lines too."""
    if "\r" not in text and "\x08" not in text and "\x1b[A" not in text:
        return text
    lines: list = [[]]
    touched: set = set()
    restarted: set = set()
    row = col = 0
    for part in CONTROL.split(text):
        if part == "\r":
            col = 0
            touched.add(row)
            restarted.add(row)
        elif part == "\x08":
            col = max(col - 1, 0)
            touched.add(row)
        elif part.startswith("\x1b[") and part[-1] in "ABCDK":
            count = int(part[2:-1]) if part[2:-1].isdigit() else 1
            if part[-1] == "A":
                row = max(row - count, 0)
                touched.add(row)
            elif part[-1] == "B":
                row += count
            elif part[-1] == "K":
                lines[row] = [] if part == "\x1b[2K" else lines[row][:col]
            else:
                col = max(col + (count if part[-1] == "C" else -count), 0)
        elif part.startswith("\x1b["):
            row, col = _put(lines, row, col, [part])
        else:
            for index, piece in enumerate(part.split("\n")):
                if index:
                    row, col = row + 1, 0
                    while len(lines) <= row:
                        lines.append([])
                if piece and row in restarted:
                    lines[row] = []  # what a shorter text would leave of the longer one depends on the widths of times
                    restarted.discard(row)
                row, col = _put(lines, row, col, list(piece))
        while len(lines) <= row:
            lines.append([])
    return "\n".join(_without_rates("".join(line)) if n in touched else "".join(line) for n, line in enumerate(lines))


def _put(lines: list, row: int, col: int, cells: list) -> tuple[int, int]:
    line = lines[row]
    if len(line) < col:
        line.extend(" " * (col - len(line)))
    line[col : col + len(cells)] = cells
    return row, col + len(cells)


def _without_rates(line: str) -> str:
    for pattern in RATES:
        line = pattern.sub("", line)
    return line.rstrip(" ")


def _folders() -> list:
    """Folders of this machine that appear in warnings, longest first, with the name that replaces each."""
    paths = sysconfig.get_paths()
    found = {
        paths[key]: name
        for key, name in (("stdlib", "python"), ("platlib", "site-packages"), ("purelib", "site-packages"))
    }
    found.setdefault(sys.prefix, "python")
    return sorted(((path, name) for path, name in found.items() if len(path) > 4), key=lambda pair: -len(pair[0]))
