from __future__ import annotations

import re
from typing import Any

from .yaml_cursor import YamlCursor
from .yaml_scalar import fold, plain_value


class YamlFlow(YamlCursor):
    """Reads the flow style: `[…]` and `{…}`, over lines and with comments."""

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

    def put(self, result: dict, key: Any, value: Any, line: int) -> None:
        if isinstance(key, (dict, list)):
            self.row = line
            self.refuse("a collection as a key")
        if key in result:
            self.row = line
            self.refuse(f"the key {key!r} a second time")
        result[key] = value
