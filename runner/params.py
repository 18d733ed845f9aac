from __future__ import annotations

import os
import re
from typing import Any

from .refusal import Refusal
from .yaml_reader import read_yaml

PARAMS_FILE = "params.yaml"
TYPE_NAMES = {type(None): "none", bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}


def load_params(declared: dict, folder: str) -> dict:
    """Values of the parameters that a stage reads: name in the code → value from `params.yaml` (N31).

    `declared` is the header's `params`, name → {key, type}. The file wins; an integer is read as the header's float,
    any other change of type is refused with the keys and both types.
    """
    if not declared:
        return {}
    path = os.path.join(folder, PARAMS_FILE)
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except FileNotFoundError:
        keys = ", ".join(sorted(spec["key"] for spec in declared.values()))
        raise Refusal(
            "E_PARAMS_MISSING",
            f"{PARAMS_FILE} is missing; this stage reads {keys} from it.",
            "Compile the notebook again: cellar compile",
            {"path": PARAMS_FILE},
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(
            "E_PARAMS_YAML", f"{PARAMS_FILE} cannot be read: {error}.", f"Repair {PARAMS_FILE}", {"path": PARAMS_FILE}
        ) from None
    values = read_yaml(text, PARAMS_FILE)
    if not isinstance(values, dict):
        raise Refusal("E_PARAMS_YAML", f"{PARAMS_FILE} holds no keys.", f"Repair {PARAMS_FILE}", {"path": PARAMS_FILE})
    return {name: _checked(values, spec["key"], spec["type"]) for name, spec in declared.items()}


def with_params(paths: list, declared: dict, folder: str) -> list:
    """Paths with the values of their parameters: `${key}` stands in a script's header as in `dvc.yaml` (N24).

    Values become text as in DVC's templates. Parameters that cannot be read leave the paths as they are: loading them
    refuses the run a moment later, with the reason.
    """
    if not any("${" in path for path in paths):
        return paths
    try:
        values = load_params(declared, folder)
    except Refusal:
        return paths
    texts = {spec["key"]: _as_text(values[name]) for name, spec in declared.items()}
    return [re.sub(r"\$\{([^}]+)\}", lambda hit: texts.get(hit[1].strip(), hit[0]), path) for path in paths]


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _checked(values: dict, key: str, wanted: str) -> Any:
    value = _look_up(values, key)
    found = TYPE_NAMES.get(type(value), type(value).__name__)
    if found == "int" and wanted == "float":
        return float(value)
    if found != wanted:
        raise Refusal(
            "E_PARAM_TYPE",
            f"The parameter {key} is {_shown(value)} in {PARAMS_FILE}, of type {found}; the notebook has a {wanted}.",
            f"Write a {wanted} for {key} in {PARAMS_FILE}, or change the notebook's parameters cell",
            {"key": key, "found": found, "wanted": wanted, "path": PARAMS_FILE},
        )
    return value


def _look_up(values: dict, key: str) -> Any:
    if key in values:
        return values[key]
    node: Any = values
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            raise Refusal(
                "E_PARAM_MISSING",
                f"{PARAMS_FILE} has no key {key}.",
                f"Add {key} to {PARAMS_FILE}, or compile the notebook again: cellar compile",
                {"key": key, "path": PARAMS_FILE},
            )
        node = node[part]
    return node


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
