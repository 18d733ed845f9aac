from __future__ import annotations

import re
from typing import Any

from .refusal import Refusal
from .yaml_flow import YamlFlow
from .yaml_scalar import block_value, fold, plain_value

BLOCK_HEADER = re.compile(r"([|>])(?:([1-9])([+-]?)|([+-]?)([1-9]?))[ \t]*(?:[ \t]#.*)?$")


def read_yaml(text: str, name: str) -> Any:
    """Parse one YAML 1.2 document strictly; what is unknown is refused with file and line (N33)."""
    return _Reader(text, name).document()


class _Reader(YamlFlow):
    """Reads the block style: mappings, sequences and scalars over lines."""

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
