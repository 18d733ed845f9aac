from __future__ import annotations

import re
from typing import Any

from .refusal import Refusal
from .yaml_scalar import ESCAPES, HEX_ESCAPES, block_value, fold, plain_value

INDICATORS = "[]{},#&*!|>'\"%@`"
ODD_BREAKS = {"\x85", "\u2028", "\u2029", "\v", "\f"}
BLOCK_HEADER = re.compile(r"([|>])(?:([1-9])([+-]?)|([+-]?)([1-9]?))[ \t]*(?:[ \t]#.*)?$")


def read_yaml(text: str, name: str) -> Any:
    """Parse one YAML 1.2 document strictly; what is unknown is refused with file and line (N33)."""
    return _Reader(text, name).document()


class _Reader:
    """A cursor over the lines of one document; `row` is the current line and `col` the column in it."""

    def __init__(self, text: str, name: str) -> None:
        text = text[1:] if text.startswith("\ufeff") else text
        self.lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.name = name
        self.row = 0
        self.col = 0
        for self.row, line in enumerate(self.lines):
            if not ODD_BREAKS.isdisjoint(line):
                self.refuse("a line break of another alphabet (write it as an escape)")
        self.row = 0

    def refuse(self, what: str) -> Any:
        raise Refusal(
            "E_PARAMS_YAML",
            f"{self.name}, line {self.row + 1}: cannot read {what}.",
            f"Rewrite line {self.row + 1} of {self.name} in plain YAML: no anchors, tags, dates or merge keys",
            {"path": self.name, "line": self.row + 1},
        )

    # Lines and blanks

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

    def document(self) -> Any:
        if self.next_content() < 0 and not self.at_end() and self.lines[self.row].startswith("---"):
            if self.lines[self.row][3:].strip() and not self.lines[self.row][3:].strip().startswith("#"):
                self.refuse("content on the line of '---'")
            self.row += 1
        value = self.block_node(-1) if self.next_content() >= 0 else None
        if self.next_content() < 0 and not self.at_end() and self.lines[self.row].startswith("..."):
            self.row += 1
        if self.next_content() >= 0 or not self.at_end():
            self.refuse("a second document or content after the end")
        return value

    # Block style

    def block_node(self, parent: int) -> Any:
        """The node that begins at the cursor, the first character of its line, indented by more than `parent`."""
        rest = self.rest()
        if rest == "-" or rest[:2] == "- ":
            return self.sequence(self.col)
        if rest == "?" or rest[:2] == "? " or self.key_ahead():
            return self.mapping(self.col)
        return self.inline_value(parent)

    def key_ahead(self) -> bool:
        """True if an implicit key begins at the cursor (the cursor stays)."""
        start = (self.row, self.col)
        quote = self.rest()[:1]
        if quote in ("'", '"'):
            try:
                self.quoted(quote, -1)
                found = self.row == start[0] and re.match(r"[ \t]*:(?:[ \t]|$)", self.rest()) is not None
            except Refusal:
                found = False
        elif quote and quote in "[{":
            found = False
        else:
            body = re.split(r"(?:^|[ \t])#", self.rest(), maxsplit=1)[0]
            found = re.search(r":(?:[ \t]|$)", body) is not None
        self.row, self.col = start
        return found

    def mapping(self, col: int) -> dict:
        result: dict = {}
        while True:
            line = self.row
            if self.rest()[:2].strip() == "?":
                key, value = self.explicit_pair(col)
            else:
                if not self.key_ahead():
                    self.refuse(f"'{self.rest()[:20]}' where a key was expected")
                key = self.key()
                value = self.after_indicator(col, sequence_at=col)
            self.put(result, key, value, line)
            indent = self.next_content()
            if indent != col:
                if indent > col:
                    self.refuse("this indentation")
                return result

    def explicit_pair(self, col: int) -> tuple[Any, Any]:
        self.col += 1
        key = self.after_indicator(col, sequence_at=col + 1, compact=True)
        if self.next_content() != col or self.rest()[:2].strip() != ":":
            return key, None
        self.col += 1
        return key, self.after_indicator(col, sequence_at=col, compact=True)

    def key(self) -> Any:
        first = self.rest()[:1]
        if first in ("'", '"'):
            key = self.quoted(first, -1)
            self.skip_spaces()
        else:
            self.check_plain_start()
            match = re.match(r"(.*?)[ \t]*(?=:(?:[ \t]|$))", self.rest())
            self.col += match.end() if match else 0
            key = plain_value(match.group(1) if match else "", self.refuse)
        self.col += 1
        return key

    def put(self, result: dict, key: Any, value: Any, line: int) -> None:
        if isinstance(key, (dict, list)):
            self.row = line
            self.refuse("a collection as a key")
        if key in result:
            self.row = line
            self.refuse(f"the key {key!r} a second time")
        result[key] = value

    def sequence(self, col: int) -> list:
        result = []
        while True:
            self.col += 1
            result.append(self.after_indicator(col, sequence_at=col + 1, compact=True))
            indent = self.next_content()
            if indent == col and self.rest()[:2].strip() == "-":
                continue
            if indent > col:
                self.refuse("this indentation")
            return result

    def after_indicator(self, col: int, sequence_at: int, compact: bool = False) -> Any:
        """The node after `- `, `? ` or `key:`, on the same line or below it, of a collection at column `col`."""
        if self.rest() and self.rest()[0] == "\t" and compact:
            self.refuse("a tab after '-'")
        body = self.skip_spaces()
        if body:
            if compact and (body == "-" or body[:2] in ("- ", "? ") or self.key_ahead()):
                return self.block_node(col)
            return self.inline_value(col)
        self.row += 1
        indent = self.next_content()
        if indent > col or (indent == sequence_at == col and self.rest()[:2].strip() == "-"):
            return self.block_node(col)
        return None

    def inline_value(self, parent: int) -> Any:
        """A scalar or flow collection at the cursor; leaves the cursor on the next line."""
        first = self.rest()[0]
        if first in "|>":
            return self.block_scalar(parent)
        if first in "[{":
            value = self.flow(parent)
        elif first in "'\"":
            value = self.quoted(first, parent)
        else:
            return self.plain(parent)
        self.end_line()
        return value

    # Scalars

    def check_plain_start(self) -> None:
        rest = self.rest()
        names = {"&": "an anchor", "*": "an alias", "!": "a tag", "%": "a directive"}
        if rest[0] in INDICATORS or (rest[0] in "-?:" and not rest[1:2].strip()):
            self.refuse(names.get(rest[0], f"'{rest[0]}' at the start of a value"))

    def plain(self, parent: int) -> Any:
        self.check_plain_start()
        start, parts = self.row, []
        while True:
            text = self.rest()
            cut = re.search(r"(?:^|[ \t])#", text)
            body = (text[: cut.start()] if cut else text).strip(" \t")
            if re.search(r":(?:[ \t]|$)", body):
                self.refuse(f"'{body[:30]}': a second ':' in one value")
            parts.append(body)
            self.row += 1
            blanks, ended = 0, bool(cut)
            while self.row < len(self.lines) and not self.lines[self.row].strip():
                self.row += 1
                blanks += 1
            if self.at_end() or ended:
                break
            indent = len(self.lines[self.row]) - len(self.lines[self.row].lstrip(" "))
            line = self.lines[self.row]
            if indent <= parent or line[indent] == "#" or (indent == 0 and line[:3] in ("---", "...")):
                break
            parts.extend([""] * blanks)
            self.col = indent
        text, after = fold(parts), self.row
        self.row = start
        value = plain_value(text, self.refuse)
        self.row, self.col = after, 0
        return value

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

    def block_scalar(self, parent: int) -> str:
        match = BLOCK_HEADER.match(self.rest())
        if not match:
            return self.refuse("this block scalar")
        folded, digit = match.group(1) == ">", match.group(2) or match.group(5)
        chomp = match.group(3) or match.group(4) or ""
        self.row += 1
        indent = max(parent, 0) + int(digit) if digit else 0
        lines: list = []
        while self.row < len(self.lines):
            line = self.lines[self.row]
            spaces = len(line) - len(line.lstrip(" "))
            if not indent and line.strip(" "):
                indent = max(spaces, parent + 1)
                if any(len(blank) > indent for blank in lines):
                    self.refuse("a blank line that is indented more than the text below it")
            if line.strip(" ") and (spaces < indent or (parent < 0 and line[:3] in ("---", "..."))):
                break
            lines.append(line[indent:] if indent else line)
            self.row += 1
        if self.row == len(self.lines) and lines and not lines[-1]:
            lines.pop()
        self.col = 0
        return block_value(lines if indent else [""] * len(lines), folded, chomp)

    # Flow style

    def flow_blanks(self, parent: int) -> str:
        """Skip blanks, breaks and comments inside a flow collection; the character at the cursor."""
        while True:
            body = self.skip_spaces()
            if body:
                return body[0]
            self.row += 1
            self.col = 0
            if self.at_end():
                self.row -= 1
                self.refuse("a flow collection without its closing bracket")
            line = self.lines[self.row]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= parent:
                self.refuse("a flow collection that is indented too little")
            if line[:1] == "#":
                self.col = len(line)

    def flow(self, parent: int) -> Any:
        opening = self.rest()[0]
        close = {"[": "]", "{": "}"}[opening]
        self.col += 1
        result: Any = [] if opening == "[" else {}
        while self.flow_blanks(parent) != close:
            line = self.row
            value = self.flow_node(parent)
            if opening == "{":
                pair = None
                if self.flow_blanks(parent) == ":":
                    self.col += 1
                    pair = None if self.flow_blanks(parent) in ",}" else self.flow_node(parent)
                self.put(result, value, pair, line)
            else:
                result.append(value)
            mark = self.flow_blanks(parent)
            if mark == ",":
                self.col += 1
            elif mark != close:
                self.refuse(f"'{self.rest()[:20]}' in a flow collection")
        self.col += 1
        return result

    def flow_node(self, parent: int) -> Any:
        first = self.rest()[0]
        if first in "[{":
            return self.flow(parent)
        if first in "'\"":
            return self.quoted(first, parent)
        self.check_plain_start()
        parts: list = []
        while True:
            match = re.match(r"(?:[^,\[\]{}#:]|(?<![ \t])#|:(?![ \t,\[\]{}]|$))*", self.rest())
            text = match.group() if match else ""
            parts.append(text.strip(" \t"))
            self.col += len(text.rstrip(" \t"))
            row, col = self.row, self.col
            following = self.flow_blanks(parent)
            if self.row == row or following in ",[]{}:" or self.lines[row][col:].strip():
                break
            parts.extend([""] * (self.row - row - 1))
        return plain_value(fold(parts), self.refuse)
