from __future__ import annotations

import json
import os
from typing import Any

from .events import plain_json
from .terminal_text import mask, mask_html, recorded_stream

RECORDED_SCHEMA = "cellar.recorded-output"
RECORDED_VERSION = 1


class BlockOutputs:
    """Outputs of the blocks of one stage as they will be recorded (N45); mirrors what a cell would show in the end."""

    def __init__(self, blocks: int) -> None:
        self.blocks: list = [[] for _ in range(blocks)]
        self.clear_next = -1
        self.handles: dict = {}
        self.run: list = []

    def stream(self, block: int, name: str, text: str) -> None:
        """Append text to a stream; text of one stream that follows on itself is one output."""
        outputs = self._outputs(block)
        self.run = []
        if outputs and outputs[-1]["output_type"] == "stream" and outputs[-1]["name"] == name:
            outputs[-1]["text"].append(text)
        else:
            outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def descriptor_stream(self, block: int, name: str, text: str) -> None:
        """Append text of C code or a child: how the two interleave is chance, so it is stdout, then stderr."""
        outputs = self._outputs(block)
        if not (self.run and outputs and self.run[-1] is outputs[-1]):
            self.run = []
        for output in self.run:
            if output["name"] == name:
                output["text"].append(text)
                return
        output = {"output_type": "stream", "name": name, "text": [text]}
        outputs.insert(len(outputs) - len(self.run) if name == "stdout" else len(outputs), output)
        self.run = outputs[len(outputs) - len(self.run) - 1 :]

    def display(self, block: int, kind: str, data: dict, metadata: dict, display_id: str | None, update: bool) -> None:
        if update:
            for output in self.handles.get(display_id, []):
                output["data"], output["metadata"] = data, metadata
            return
        output = {"output_type": kind, "data": data, "metadata": metadata}
        self._outputs(block).append(output)
        if display_id is not None:
            self.handles.setdefault(display_id, []).append(output)

    def clear(self, block: int, wait: bool) -> None:
        if wait:
            self.clear_next = block
        elif 0 <= block < len(self.blocks):
            self.blocks[block].clear()

    def _outputs(self, block: int) -> list:
        if not 0 <= block < len(self.blocks):
            return []
        if self.clear_next == block:
            self.clear_next = -1
            self.blocks[block].clear()
        return self.blocks[block]

    def recorded(self) -> list:
        """The outputs as plain, deterministic data: blocks of nbformat outputs without counts."""
        return [_merged([_recorded(output) for output in block]) for block in self.blocks]


def _merged(outputs: list) -> list:
    result: list = []
    for output in outputs:
        last = result[-1] if result else {}
        if output["output_type"] == last.get("output_type") == "stream" and output["name"] == last["name"]:
            last["text"] += output["text"]
        else:
            result.append(output)
    return result


def _recorded(output: dict) -> dict:
    if output["output_type"] == "stream":
        return {**output, "text": recorded_stream("".join(output["text"]))}
    data = {mime: _recorded_mime(mime, value) for mime, value in output["data"].items()}
    return {**output, "data": data, "metadata": plain_json(output["metadata"])}


def _recorded_mime(mime: str, value: Any) -> Any:
    if not isinstance(value, str):
        return plain_json(value)
    if mime == "text/html":
        return mask_html(value)
    return mask(value) if mime.startswith("text/") else value


def write_recorded(path: str, script: str, outputs: list, facts: dict) -> None:
    """Write the recorded output: sorted keys, indent 1, UTF-8, a newline at the end."""
    document = {"schema": RECORDED_SCHEMA, "v": RECORDED_VERSION, "script": script, "blocks": outputs, **facts}
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: str, data: Any) -> None:
    """Replace `path` by `data` in one step, making its folder."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    part = path + ".part"
    with open(part, "wb") as stream:
        stream.write(data)
    os.replace(part, path)
