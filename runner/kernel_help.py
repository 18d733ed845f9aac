from __future__ import annotations

import builtins
import os
import sys
from typing import Any

from .code import compile_part, parse
from .header import SEMANTICS
from .refusal import Refusal
from .serial import detect, load
from .variables import read_variable


def load_results(namespace: dict, spec: dict) -> dict:
    """Bring a live kernel to the state before a stage (N59): definitions of setup, parameters, recorded variables.

    `namespace` is the kernel's; `spec` is {setup, params, variables: [{name, path, stage?}],
    placeholders: [{name, stage?, reason, fix?}], folder?}. Nothing is installed or changed but the names
    themselves. The answer can go through JSON:
    {ok, semantics, loaded: [{name, format, bytes, type}], placeholders: [name], errors: [{name, code, message, next}]}.
    """
    errors: list = []
    namespace.update(spec.get("params") or {})
    _define(namespace, spec.get("setup") or "", errors)
    loaded = []
    for variable in spec.get("variables") or []:
        name, path = variable["name"], _path(spec, variable)
        try:
            data = read_variable(name, path)
            namespace[name] = load(data)
        except Refusal as refusal:
            errors.append({"name": name, "code": refusal.code, "message": refusal.message, "next": refusal.next})
        except Exception as error:
            text = f"The variable {name} cannot be loaded: {type(error).__name__}: {error}."
            errors.append(
                {
                    "name": name,
                    "code": "E_INPUT_UNREADABLE",
                    "message": text,
                    "next": "Run the stage that makes it again",
                }
            )
        else:
            kind = type(namespace[name]).__name__
            loaded.append({"name": name, "format": detect(data[:8]), "bytes": len(data), "type": kind})
            continue
        namespace[name] = Placeholder(name, variable.get("stage", ""), errors[-1]["message"], errors[-1]["next"])
    for missing in spec.get("placeholders") or []:
        fix = missing.get("fix") or "Reproduce the notebook, then load the results again"
        namespace[missing["name"]] = Placeholder(missing["name"], missing.get("stage", ""), missing["reason"], fix)
    names = [missing["name"] for missing in spec.get("placeholders") or []]
    return {"ok": not errors, "semantics": SEMANTICS, "loaded": loaded, "placeholders": names, "errors": errors}


def inspect_results(spec: dict) -> dict:
    """Format and size of the variables of a spec, without loading one; a pickle is code and is marked so (N59)."""
    found = []
    for variable in spec.get("variables") or []:
        path = _path(spec, variable)
        try:
            with open(path, "rb") as stream:
                kind = detect(stream.read(8))
            facts = {"format": kind, "bytes": os.path.getsize(path), "pickle": kind == "pickle", "missing": False}
        except OSError:
            facts = {"format": None, "bytes": 0, "pickle": False, "missing": True}
        found.append({"name": variable["name"], "path": variable["path"], **facts})
    return {"variables": found, "bytes": sum(item["bytes"] for item in found), "python": sys.executable}


def _path(spec: dict, variable: dict) -> str:
    return os.path.join(spec.get("folder") or "", variable["path"])


def _define(namespace: dict, setup: str, errors: list) -> None:
    """Execute the text of setup as if it had been typed: its source is known to tracebacks and `inspect`."""
    if not setup.strip():
        return
    import linecache

    name = f"<cellar-setup-{abs(hash(setup)):x}>"
    linecache.cache[name] = (len(setup), None, [line + "\n" for line in setup.split("\n")], name)
    try:
        part = compile_part(parse(_without_magics(setup), 1, name), setup, name, 0, show=False)
        exec(part.body, namespace)
    except Exception as error:
        text = f"The notebook's setup fails in this kernel: {type(error).__name__}: {error}."
        errors.append(
            {
                "name": "",
                "code": "E_SETUP_FAILED",
                "message": text,
                "next": "Run the setup cells one by one to see where",
            }
        )


def _without_magics(text: str) -> str:
    """Magics and shell lines are for a stage's own process; in a live kernel they are left out, lines stay in place."""
    try:
        parse(text, 1, "<setup>")
        return text
    except SyntaxError:
        return "\n".join("" if line.lstrip()[:1] in ("%", "!") else line for line in text.split("\n"))


class Placeholder:
    """Stands for a result that is not fresh: every use says which variable, which stage, and what to do."""

    def __init__(self, name: str, stage: str, reason: str, fix: str) -> None:
        of = f" of stage {stage}" if stage else ""
        why, next_step = reason.rstrip(". "), fix.rstrip(". ")
        object.__setattr__(self, "_cellar_message", f"{name}{of} was not loaded: {why}. {next_step}.")

    def __repr__(self) -> str:
        return f"<{object.__getattribute__(self, '_cellar_message')}>"

    def __getattribute__(self, name: str) -> Any:
        if name in ("__class__", "__dict__", "__repr__", "__doc__", "__module__") or name.startswith(
            ("_repr_", "_ipython_")
        ):
            return object.__getattribute__(self, name)
        return _fail(self)


class NotLoaded(builtins.RuntimeError):
    """A placeholder was used."""


def _fail(placeholder: Any, *args: Any, **kwargs: Any) -> Any:
    raise NotLoaded(object.__getattribute__(placeholder, "_cellar_message")) from None


OPERATIONS = (
    "call iter len getitem setitem delitem contains bool hash eq ne lt le gt ge add radd sub rsub mul rmul "
    "truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul rmatmul and rand or ror xor rxor neg pos abs "
    "invert int float complex index str format bytes enter exit await aiter next reversed iadd isub imul "
    "setattr delattr array dataframe round reduce_ex"
)
for operation in OPERATIONS.split():
    setattr(Placeholder, f"__{operation}__", _fail)
