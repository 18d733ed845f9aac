from __future__ import annotations

from typing import Any

WIDTH = 79
LONGEST = 1000


def pretty(value: Any) -> str:
    """`text/plain` of a value: `repr`, with built-in containers broken into fitting lines and cut after 1,000 items."""
    return _pretty(value, 0, WIDTH, set())


def _pretty(value: Any, indent: int, width: int, above: set) -> str:
    brackets = BRACKETS.get(type(value))
    if brackets is None:
        return repr(value)
    if id(value) in above:
        return f"{brackets[0]}...{brackets[1]}"
    if not value:
        return repr(value)
    above = above | {id(value)}
    items = _items(value)
    opening, closing = brackets
    inner = indent + len(opening)
    if type(value) is dict:
        texts = [f"{key!r}: " for key, _ in items]
        texts = [head + _pretty(item, inner + len(head), width, above) for head, (_, item) in zip(texts, items)]
    else:
        texts = [_pretty(item, inner, width, above) for item in items]
    if len(value) > LONGEST:
        texts.append("...")
    if type(value) is tuple and len(texts) == 1:
        closing = "," + closing
    line = f"{opening}{', '.join(texts)}{closing}"
    if len(line) + indent <= width and "\n" not in line:
        return line
    return opening + (",\n" + " " * inner).join(texts) + closing


def _items(value: Any) -> list:
    """The first items of a container; sets in an order of their own, if they can be sorted."""
    if isinstance(value, (set, frozenset)):
        try:
            return sorted(value)[:LONGEST]
        except Exception:
            return sorted(value, key=repr)[:LONGEST]
    found = []
    for item in value.items() if type(value) is dict else value:
        if len(found) == LONGEST:
            break
        found.append(item)
    return found


BRACKETS = {list: ("[", "]"), tuple: ("(", ")"), dict: ("{", "}"), set: ("{", "}"), frozenset: ("frozenset({", "})")}
