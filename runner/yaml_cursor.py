from __future__ import annotations

import re
from typing import Any

from .refusal import Refusal
from .yaml_scalar import ESCAPES, HEX_ESCAPES

INDICATORS = "[]{},#&*!|>'\"%@`"
ODD_BREAKS = {"\x85", "\u2028", "\u2029", "\v", "\f"}


class YamlCursor:
    """A cursor over the lines of one document; `row` is the current line and `col` the column in it."""

    def __init__(self, text: str, name: str) -> None:
        text = text[1:] if text.startswith("\ufeff") else text
        self.lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.name = name
        self.row = 0
        self.col = 0
        for row, line in enumerate(self.lines):
            if not ODD_BREAKS.isdisjoint(line):
                self.row = row
                self.refuse("a line break of another alphabet (write it as an escape)")

    def refuse(self, what: str) -> Any:
        raise Refusal(
            "E_PARAMS_YAML",
            f"{self.name}, line {self.row + 1}: cannot read {what}.",
            f"Rewrite line {self.row + 1} of {self.name} in plain YAML: no anchors, tags, dates or merge keys",
            {"path": self.name, "line": self.row + 1},
        )

    def rest(self) -> str:
        return self.lines[self.row][self.col :]

    def at_end(self) -> bool:
        return self.row >= len(self.lines)

    def next_content(self) -> int:
        """Move to the next line with content and return its indent, or -1 at the end of the document."""
        while self.row < len(self.lines):
            line = self.lines[self.row]
            body = line.lstrip(" ")
            if body and body[0] == "\t" and body.strip():
                self.refuse("a tab used as indentation")
            if body.strip() and body[0] != "#":
                if line[:3] in ("---", "...") and not line[3:4].strip():
                    return -1
                self.col = len(line) - len(body)
                return self.col
            self.row += 1
        return -1

    def end_line(self) -> None:
        """Only blanks or a comment may follow on this line; move to the next."""
        rest = self.rest()
        body = rest.lstrip(" \t")
        if body and not (body[0] == "#" and (self.col == 0 or rest[0] in " \t")):
            self.refuse(f"'{body[:20]}' here")
        self.row += 1
        self.col = 0

    def skip_spaces(self) -> str:
        rest = self.rest()
        body = rest.lstrip(" \t")
        self.col += len(rest) - len(body)
        return "" if body[:1] == "#" and rest[:1] in (" ", "\t") else body

    def check_plain_start(self) -> None:
        rest = self.rest()
        names = {"&": "an anchor", "*": "an alias", "!": "a tag", "%": "a directive"}
        if rest[0] in INDICATORS or (rest[0] in "-?:" and not rest[1:2].strip()):
            self.refuse(names.get(rest[0], f"'{rest[0]}' at the start of a value"))

    def quoted(self, quote: str, parent: int) -> str:
        """A quoted scalar, perhaps over several lines; leaves the cursor after its closing quote."""
        self.col += 1
        result, pending = "", 0
        while True:
            text, closed, glued = self.quoted_line(quote)
            result += ("\n" * (pending - 1) or " ") + text if pending and (text or closed) else text
            if closed:
                return result
            pending = 0 if glued else (pending if not text else 0) + 1
            self.row += 1
            if self.at_end():
                self.row -= 1
                self.refuse("a quoted value without its closing quote")
            line = self.lines[self.row]
            body = line.lstrip(" \t")
            if body and len(line) - len(line.lstrip(" ")) <= parent:
                self.refuse("a quoted value that is indented too little")
            self.col = len(line) - len(body)

    def quoted_line(self, quote: str) -> tuple[str, bool, bool]:
        """Text up to the closing quote or the end of the line; whether it closed, whether the break is escaped."""
        out, keep, line = "", 0, self.lines[self.row]
        while self.col < len(line):
            char = line[self.col]
            self.col += 1
            if char == quote:
                if quote == "'" and line[self.col : self.col + 1] == "'":
                    self.col += 1
                    out += "'"
                    continue
                return out, True, False
            if char == "\\" and quote == '"':
                if self.col == len(line):
                    return out, False, True
                out += self.escape(line)
                keep = len(out)
                continue
            out += char
        return out[:keep] + out[keep:].rstrip(" \t"), False, False

    def escape(self, line: str) -> str:
        char = line[self.col]
        self.col += 1
        if char in ESCAPES:
            return ESCAPES[char]
        digits = line[self.col : self.col + HEX_ESCAPES.get(char, 0)]
        if not re.fullmatch(r"[0-9a-fA-F]{2,8}", digits) or len(digits) != HEX_ESCAPES.get(char):
            self.refuse(f"the escape '\\{char}'")
        self.col += len(digits)
        return chr(int(digits, 16))
