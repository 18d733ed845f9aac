"""Runs notebooks whole and stage by stage, and tells where the two differ. Reads a JSON list from stdin, writes one to stdout."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import sys


def run(source: str, names: dict, out: io.StringIO) -> str | None:
    """Execute `source`; the name of the exception, or None."""
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(source, "cell", "exec"), names)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def whole(case: dict) -> dict | None:
    """Printed text of every cell and values at the end of each stage, or None when the notebook itself fails."""
    names: dict = {"__name__": "truth"}
    printed = {}
    ends = {}
    last = {cell["stage"]: index for index, cell in enumerate(case["cells"]) if cell["role"] == "stage"}
    for index, cell in enumerate(case["cells"]):
        if cell["role"] not in ("setup", "params", "stage"):
            continue
        out = io.StringIO()
        if run(cell["source"], names, out):
            return None
        printed[index] = out.getvalue()
        if cell["role"] == "stage" and last[cell["stage"]] == index:
            ends[cell["stage"]] = {name: shown(value) for name, value in names.items()}
    return {"printed": printed, "ends": ends}


def shown(value: object) -> str:
    return repr(value) if isinstance(value, (int, str, list, dict, tuple, type(None))) else type(value).__name__


def staged(case: dict, truth: dict) -> str | None:
    """Run the scripts one after the other; the first difference, or None."""
    files: dict = {}
    for stage in case["stages"]:
        lines = stage["script"].split("\n")
        header = json.loads(lines[0][len("# cellar: ") :])
        starts = header["blocks"] + [len(lines) + 2]
        names: dict = {"__name__": "truth"}
        names.update({name: case["params"][spec["key"]] for name, spec in header["params"].items()})
        error = run("\n".join(lines[1 : starts[0] - 2]), names, io.StringIO())
        if error:
            return f"{stage['name']}: slice: {error}"
        for name, path in header["vars_in"].items():
            if path not in files:
                return f"{stage['name']}: {name} was never saved"
            names[name] = copy.deepcopy(files[path])
        for index, cell in enumerate(stage["cells"]):
            out = io.StringIO()
            error = run("\n".join(lines[starts[index] - 1 : starts[index + 1] - 2]), names, out)
            if error:
                return f"{stage['name']}: cell {cell}: {error}"
            wanted = "".join(truth["printed"][at] for at in stage["before"][index]) + truth["printed"][cell]
            if not out.getvalue().endswith(truth["printed"][cell]):
                return f"{stage['name']}: cell {cell} printed {out.getvalue()!r}, not {wanted!r}"
        for name, path in header["vars_out"].items():
            if name not in names:
                return f"{stage['name']}: {name} is not bound at the end"
            if shown(names[name]) != truth["ends"][stage["name"]].get(name):
                return f"{stage['name']}: {name} is {shown(names[name])}, not {truth['ends'][stage['name']].get(name)}"
            files[path] = copy.deepcopy(names[name])
    return None


def main() -> None:
    answers = []
    for case in json.load(sys.stdin):
        truth = whole(case)
        answers.append({"valid": truth is not None, "difference": staged(case, truth) if truth else None})
    json.dump(answers, sys.stdout)


main()
