"""Runs notebooks whole and stage by stage and tells where they differ. Reads a JSON list from stdin, writes one to stdout."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from runner.sharing import shared_pairs  # the runner's own look at what a stage saw as one object (N38)


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


def staged(case: dict, truth: dict) -> tuple[str | None, int]:
    """Run the scripts one after the other: the first difference, or None, and how many the runner would refuse."""
    files: dict = {}
    seen: dict = {}
    refused: set = set()
    for stage in case["stages"]:
        difference = one_stage(stage, case, truth, files, seen, refused)
        if difference:
            return difference, len(refused)
    return None, len(refused)


def one_stage(stage: dict, case: dict, truth: dict, files: dict, seen: dict, refused: set) -> str | None:
    """Run one script as the runner would, from `files` to `files`; `seen` is what recorded outputs tell of sharing."""
    lines = stage["script"].split("\n")
    header = json.loads(lines[0][len("# cellar: ") :])
    above = {path.split("/")[-2] for path in header["vars_in"].values()}
    if above & refused or any([name, other] in seen[path] for name, other, path in header.get("apart", [])):
        refused.add(stage["name"])
        return None
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
    values = {name: names[name] for name in {*header["vars_in"], *header["vars_out"]} if name in names}
    seen[header["outputs"]] = shared_pairs(values, list(header["vars_out"]))
    return None


def main() -> None:
    answers = []
    for case in json.load(sys.stdin):
        truth = whole(case)
        difference, refused = staged(case, truth) if truth else (None, 0)
        answers.append({"valid": truth is not None, "difference": difference, "refused": refused})
    json.dump(answers, sys.stdout)


main()
