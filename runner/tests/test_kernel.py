"""N59: the same file loads results into a live kernel."""

from __future__ import annotations

import json
import types
from typing import Any

import pandas as pd
import pytest
from conftest import BUILT, Project
from runner.equality import same


@pytest.fixture
def helper() -> types.ModuleType:
    """The file as a bridge sends it: text, executed in a module of its own."""
    module = types.ModuleType("cellar_run")
    exec(compile(BUILT.read_text(), "<cellar>", "exec"), module.__dict__)
    return module


def test_values_definitions_and_parameters_arrive(project: Project, helper: Any) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2020", periods=2, freq="D"))
    project.save("df", frame)
    project.save("names", ["x"])
    spec = {
        "folder": str(project.folder),
        "setup": "import math\n%matplotlib inline\ndef area(r):\n    return math.pi * r * scale",
        "params": {"scale": 2},
        "variables": [
            {"name": name, "path": f".cellar/nb/vars/before/{name}.var", "format": "x"} for name in ("df", "names")
        ],
        "placeholders": [],
    }
    namespace: dict[str, Any] = {"kept": 1}
    before = helper.inspect_results(spec)
    assert [(item["format"], item["pickle"], item["missing"]) for item in before["variables"]] == [
        ("parquet", False, False),
        ("json", False, False),
    ]
    answer = helper.load_results(namespace, spec)
    assert json.loads(json.dumps(answer)) == answer and answer["ok"] and answer["errors"] == []
    assert [item["name"] for item in answer["loaded"]] == ["df", "names"] and answer["loaded"][0]["bytes"] > 0
    assert same(namespace["df"], frame) and namespace["names"] == ["x"] and namespace["kept"] == 1
    assert namespace["area"](1) > 6
    import inspect

    assert inspect.getsource(namespace["area"]).startswith("def area")


def test_pickles_of_notebook_classes(project: Project, helper: Any) -> None:
    setup = "class Point:\n    def __init__(self, x):\n        self.x = x"
    project.stage(["p = Point(3)"], setup, vars_out=["p"], bound_in={"p": 0})
    main = __import__("__main__")
    spec = {"setup": setup, "variables": [{"name": "p", "path": str(project.path("p"))}]}
    assert helper.inspect_results(spec)["variables"][0]["pickle"]
    assert helper.load_results(main.__dict__, spec)["ok"]
    assert main.p.x == 3 and type(main.p) is main.Point
    del main.p, main.Point


@pytest.mark.parametrize(
    "use",
    ["v.columns", "v + 1", "1 + v", "v[0]", "len(v)", "list(v)", "v()", "bool(v)", "str(v)", "f'{v}'", "v == 1", "hash(v)", "v.x == 2", "1 in v",
     "print(v)", "__import__('numpy').asarray(v) + 1", "__import__('copy').deepcopy(v)", "__import__('pickle').dumps(v)", "float(v)", "setattr(v, 'a', 1)"],
)  # fmt: skip
def test_a_placeholder_explains_itself_on_every_use(helper: Any, use: str) -> None:
    namespace: dict[str, Any] = {}
    answer = helper.load_results(
        namespace, {"placeholders": [{"name": "v", "stage": "train", "reason": "train is stale."}]}
    )
    assert answer["placeholders"] == ["v"]
    assert (
        repr(namespace["v"])
        == "<v of stage train was not loaded: train is stale. Reproduce the notebook, then load the results again.>"
    )
    with pytest.raises(Exception) as found:
        eval(use, namespace)
    assert type(found.value).__name__ == "NotLoaded"
    assert "v of stage train" in str(found.value) and "Reproduce" in str(found.value)


def test_what_cannot_be_loaded_is_reported_and_stands_as_a_placeholder(project: Project, helper: Any) -> None:
    project.save("good", 1)
    spec = {
        "setup": "raise ValueError('in setup')",
        "variables": [
            {"name": "gone", "path": "nowhere.var", "stage": "load"},
            {"name": "good", "path": str(project.path("good", "before"))},
        ],
    }
    namespace: dict[str, Any] = {}
    answer = helper.load_results(namespace, spec)
    assert not answer["ok"] and namespace["good"] == 1
    assert [error["code"] for error in answer["errors"]] == ["E_SETUP_FAILED", "E_INPUT_MISSING"]
    with pytest.raises(RuntimeError, match="gone of stage load"):
        namespace["gone"].x()


def test_nothing_else_of_the_kernel_changes(helper: Any) -> None:
    import builtins
    import sys

    before = (
        sys.stdout,
        sys.displayhook,
        list(sys.meta_path),
        hasattr(builtins, "display"),
        list(sys.path),
        sys.modules["__main__"],
    )
    helper.load_results({}, {"setup": "x = 1"})
    assert before == (
        sys.stdout,
        sys.displayhook,
        list(sys.meta_path),
        hasattr(builtins, "display"),
        list(sys.path),
        sys.modules["__main__"],
    )
