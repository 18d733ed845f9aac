"""The truth that the pipeline is measured against (head of spec/notebook.md): the notebook's own cells, run whole and from
top to bottom in a fresh interpreter, without scratch, with the random state put back to setup's before each stage.
No script of the compiler takes part; only the serialisers are shared, so that values can be compared as bytes.

python truth.py NOTEBOOK RUNNER_PARENT < wanted.json > answer.json
wanted: {"stage": ["name", ...]}   variables to keep at the end of each stage
answer: {"vars": {"stage/name": sha256}, "error": null | "..."}
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import importlib
import io
import json
import os
import random
import sys
import types


def random_state(namespace: dict) -> dict:
    state = {"random": random.getstate()}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        state["numpy"] = numpy.random.get_state()
        kinds = (numpy.random.Generator, numpy.random.RandomState, random.Random)
    else:
        kinds = (random.Random,)
    state["bound"] = {name: copy.deepcopy(v) for name, v in namespace.items() if isinstance(v, kinds)}
    return state


def put_back(state: dict, namespace: dict) -> None:
    random.setstate(state["random"])
    if "numpy" in state:
        sys.modules["numpy"].random.set_state(state["numpy"])
    for name, value in state["bound"].items():
        namespace[name] = copy.deepcopy(value)


def main() -> None:
    notebook, parent = sys.argv[1:]
    wanted: dict[str, list[str]] = json.load(sys.stdin)
    with open(notebook, encoding="utf-8") as source:
        cells = json.load(source)["cells"]
    sys.path.insert(0, parent)
    serial = importlib.import_module("runner.serial")
    sys.path[0] = os.getcwd()
    main_module = types.ModuleType("__main__")
    sys.modules["__main__"] = main_module
    namespace = main_module.__dict__
    tags = [cell["metadata"].get("cellar", {}) for cell in cells]
    last = {tag["stage"]: index for index, tag in enumerate(tags) if tag.get("role") == "stage"}
    found: dict[str, str] = {}
    error = None
    state = random_state(namespace)
    current = None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for index, (cell, tag) in enumerate(zip(cells, tags)):
                if tag.get("role") is None:
                    continue
                stage = tag.get("stage")
                if stage != current:
                    put_back(state, namespace)
                    current = stage
                exec(compile("".join(cell["source"]), f"cell-{index}", "exec"), namespace)
                if stage is None:
                    state = random_state(namespace)
                elif last[stage] == index:
                    for name in wanted.get(stage, []):
                        found[f"{stage}/{name}"] = digest(serial.dump(namespace[name]))
    except Exception as problem:  # a mutation may break the notebook itself: then there is no truth
        error = f"{type(problem).__name__}: {problem}"
    json.dump({"vars": found, "error": error}, sys.stdout)


def digest(dumped: tuple[str, object]) -> str:
    kind, data = dumped
    return f"{kind} {hashlib.sha256(bytes(memoryview(data))).hexdigest()}"


if __name__ == "__main__":
    main()
