from __future__ import annotations

import re
from typing import Any, Callable

INT = re.compile(r"[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+")
FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"
    r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?"
)
WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
HEX_ESCAPES = {"x": 2, "u": 4, "U": 8}


def plain_value(text: str, refuse: Callable[[str], Any]) -> Any:
    """Value of a plain scalar by YAML 1.2 as the reader of `dvc` resolves it (N33); `refuse` raises with the line."""
    if text in WORDS:
        return WORDS[text]
    if text[0] in "-+.0123456789":
        if FLOAT.fullmatch(text):
            return _float(text.replace("_", "").lower())
        if INT.fullmatch(text):
            return _int(text, refuse)
        if DATE.fullmatch(text):
            refuse(f"the date {text} (put it in quotes)")
    if text in ("<<", "="):
        refuse(f"the key '{text}' (write it in quotes)")
    return text


def _float(text: str) -> float:
    if text.endswith(".inf"):
        return float("-inf") if text[0] == "-" else float("inf")
    return float("nan") if text == ".nan" else float(text)


def _int(text: str, refuse: Callable[[str], Any]) -> int:
    digits = text.replace("_", "")
    sign = -1 if digits[:1] == "-" else 1
    digits = digits.lstrip("+-")
    try:
        for prefix, base in (("0b", 2), ("0x", 16), ("0o", 8)):
            if digits.startswith(prefix):
                return sign * int(digits[2:], base)
        return sign * int(digits, 10)
    except ValueError:
        return refuse(f"the number {text}")


def fold(parts: list) -> str:
    """Join the stripped lines of a flow scalar: one break is a space, n blank lines are n breaks."""
    result, breaks = parts[0], 0
    for part in parts[1:]:
        if not part:
            breaks += 1
            continue
        result += "\n" * breaks if breaks else " "
        result += part
        breaks = 0
    return result + "\n" * breaks


def block_value(lines: list, folded: bool, chomp: str) -> str:
    """Text of a literal or folded block scalar from its lines without their indentation."""
    while_blank = len(lines)
    while while_blank and not lines[while_blank - 1]:
        while_blank -= 1
    content, trailing = lines[:while_blank], len(lines) - while_blank
    if not content:
        return "\n" * trailing if chomp == "+" else ""
    text = _folded(content) if folded else "\n".join(content)
    return text + {"-": "", "": "\n", "+": "\n" * (trailing + 1)}[chomp]


def _folded(lines: list) -> str:
    text, breaks, previous_more = "", 0, False
    for index, line in enumerate(lines):
        if not line:
            breaks += 1
            continue
        more = line[0] in " \t"
        if index == breaks:
            text = "\n" * breaks + line
        elif more or previous_more:
            text += "\n" * (breaks + 1) + line
        else:
            text += ("\n" * breaks or " ") + line
        breaks, previous_more = 0, more
    return text
