"""Answers, line by line, what the pinned dvc and its libraries make of a value or a text.

One JSON request a line on stdin, one JSON answer a line on stdout. Values travel tagged, so that integers, floats and
dates stay apart: ``{"i": "12"}``, ``{"f": "1e-05"}``, ``{"m": [[key, value], …]}``.
"""

from __future__ import annotations

import datetime
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def encode(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"f": repr(value)}
    if isinstance(value, (datetime.date, datetime.datetime, datetime.time)):
        return {"d": type(value).__name__}
    if isinstance(value, dict):
        return {"m": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {"l": [encode(item) for item in value]}
    return {"o": type(value).__name__}


def decode(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "i" in value:
        return int(value["i"])
    if "f" in value:
        return float(value["f"])
    if "m" in value:
        return {decode(key): decode(item) for key, item in value["m"]}
    return [decode(item) for item in value["l"]]


def yaml_print(value: Any) -> str:
    from dvc.utils.serialize import dumps_yaml

    return dumps_yaml(decode(value))


def yaml_read(text: str) -> Any:
    from dvc.utils.serialize import parse_yaml

    return encode(parse_yaml(text, "file"))


def yaml_patch(text: str, value: Any) -> str:
    from dvc.utils.collections import apply_diff
    from dvc.utils.serialize import dumps_yaml, parse_yaml_for_update

    saved = parse_yaml_for_update(text, "file")
    apply_diff(decode(value), saved)
    return dumps_yaml(saved)


def yaml_again(text: str) -> str:
    from dvc.utils.serialize import dumps_yaml, parse_yaml_for_update

    return dumps_yaml(parse_yaml_for_update(text, "file"))


def validate(kind: str, text: str) -> Any:
    from dvc import schema
    from dvc.utils.serialize import parse_yaml, parse_yaml_for_update
    from dvc.utils.strictyaml import determine_linecol
    from voluptuous import MultipleInvalid

    schemas = {
        "dvc": schema.COMPILED_SINGLE_STAGE_SCHEMA,
        "pipeline": schema.COMPILED_MULTI_STAGE_SCHEMA,
        "lock": schema.COMPILED_LOCKFILE_SCHEMA,
    }
    try:
        schemas[kind](parse_yaml(text, "file"))
    except MultipleInvalid as exc:
        data = parse_yaml_for_update(text, "file")
        found = []
        for error in exc.errors:
            line, column, _ = determine_linecol(data, error.path)
            words = error.error_message
            if error.path:
                words += ", in " + " -> ".join(str(part) for part in error.path)
            if line:
                words += f", line {line}, column {column}"
            found.append(words)
        return found
    return []


def json_print(value: Any) -> str:
    return json.dumps(decode(value), sort_keys=True)


def run_hash(value: Any, key: bool) -> str:
    from dvc.stage.cache import _get_cache_hash

    return _get_cache_hash(decode(value), key=key)


def params(name: str, text: str) -> Any:
    from dvc.utils.serialize import PARSERS

    return encode(PARSERS[Path(name).suffix.lower()](text, name))


def lookup(value: Any, key: str) -> Any:
    import dpath

    return encode(dpath.get(decode(value), key, separator="."))


def equal(left: Any, right: Any) -> bool:
    return bool(decode(left) == decode(right))


def config_read(text: str) -> Any:
    from dvc.config import Config

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config")
        path.write_text(text, encoding="utf-8")
        return encode(Config.load_file(str(path)))


def config_edit(text: str, section: str, option: str, value: Any) -> str:
    from dvc.config import Config

    with tempfile.TemporaryDirectory() as folder:
        dvc_dir = Path(folder, ".dvc")
        dvc_dir.mkdir()
        (dvc_dir / "config").write_text(text, encoding="utf-8")
        config = Config(str(dvc_dir), validate=False)
        with config.edit("repo", validate=False) as conf:
            if value is None:
                del conf[section][option]
            else:
                conf[section][option] = value
        return (dvc_dir / "config").read_text(encoding="utf-8")


def config_check(text: str) -> str:
    from dvc.config import Config, ConfigError

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config").write_text(text, encoding="utf-8")
        try:
            Config(folder)
        except ConfigError as exc:
            return str(exc)
    return ""


def resolve(files: dict[str, str], settings: dict[str, Any], where: str) -> Any:
    """Stages of `where`/dvc.yaml after templating, with what they took from files."""
    from dvc.fs import LocalFileSystem
    from dvc.parsing import DataResolver
    from dvc.utils.serialize import parse_yaml

    class Repo:
        fs = LocalFileSystem()
        config = settings

    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            if name.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        before = Path.cwd()
        os.chdir(folder)
        try:
            text = Path(where, "dvc.yaml").read_text(encoding="utf-8")
            definition = parse_yaml(text, "dvc.yaml")
            resolver = DataResolver(Repo(), where, definition)  # type: ignore[arg-type]
            stages = []
            for name in resolver.get_keys():
                resolved = resolver.resolve_one(name)[name]
                raw = definition.get("stages", {}).get(name, {})
                stages.append(
                    [name, encode(resolved), raw != resolved, encode(dict(resolver.tracked_vars.get(name, {})))]
                )
            return stages
        finally:
            os.chdir(before)


def ignored(files: dict[str, str], paths: list[str]) -> list[bool]:
    """Which paths a walk of the project would leave out; a trailing slash marks a folder."""
    from dvc.fs import LocalFileSystem
    from dvc.ignore import DvcIgnoreFilter

    with tempfile.TemporaryDirectory() as folder:
        root = os.path.realpath(folder)
        for name, text in files.items():
            path = Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        ignore = DvcIgnoreFilter(LocalFileSystem(), root)
        result = []
        for path in paths:
            absolute = os.path.join(root, path.rstrip("/"))
            result.append(bool(ignore._is_ignored(absolute, path.endswith("/"))))
        return result


def manifest(entries: list[tuple[str, str]]) -> dict[str, str]:
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.meta import Meta
    from dvc_data.hashfile.tree import Tree

    tree = Tree()
    for path, md5 in entries:
        tree.add(tuple(path.split("/")), Meta(), HashInfo("md5", md5))
    tree.digest()
    return {"oid": str(tree.oid), "text": tree.as_bytes().decode()}


CALLS: dict[str, Callable[..., Any]] = {
    call.__name__: call
    for call in (
        yaml_print,
        yaml_read,
        yaml_patch,
        yaml_again,
        validate,
        json_print,
        run_hash,
        params,
        lookup,
        equal,
        config_read,
        config_edit,
        config_check,
        resolve,
        ignored,
        manifest,
    )
}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"ok": CALLS[request["call"]](*request["args"])}
    except BaseException as exc:
        return {"error": type(exc).__name__, "message": str(exc)}


def main() -> None:
    # Libraries may print; only answers belong on stdout.
    out = sys.stdout
    sys.stdout = io.TextIOWrapper(sys.stderr.buffer, encoding="utf-8")
    for line in sys.stdin:
        out.write(json.dumps(answer(json.loads(line))) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
