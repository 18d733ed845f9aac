"""N37, N38, N46: variables that cannot be saved, inputs that were changed, variables that share memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from conftest import Project


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("import matplotlib.pyplot as plt\nv, ax = plt.subplots()", "figure"),
        ("import matplotlib.pyplot as plt\nfig, v = plt.subplots(2)", "axes"),
        ("v = (i for i in range(3))", "generator"),
        ("v = {'log': open('log.txt', 'w')}", "open file"),
        ("import sqlite3\nv = sqlite3.connect(':memory:')", "connection"),
        ("import threading\nv = [threading.Lock()]", "object"),
        ("v = [lambda: 1]", "object"),
    ],
)
def test_an_unsavable_variable_is_refused_right_after_its_last_block(project: Project, code: str, kind: str) -> None:
    ran = project.stage(["v = 0", code, "print('an hour of work')"], vars_out=["v"], bound_in={"v": 1})
    assert ran.code == 1
    assert (ran.error["code"], ran.error["block"], ran.text()) == ("E_UNSAVABLE", 1, "")
    data = ran.error["data"]
    assert (data["variable"], data["kind"], data["block"]) == ("v", kind, 1)
    assert data["fixes"] == ["merge-stages", "make-setup", "write-file"] and ran.error["next"]
    assert ran.recorded is None and not project.path("v").exists()


def test_one_that_turns_unsavable_later_is_refused_at_the_end(project: Project) -> None:
    ran = project.stage(["v = [1]\nw = 2", "v.append(lambda: 1)"], vars_out=["w", "v"], bound_in={"v": 0, "w": 0})
    assert (ran.error["code"], ran.error["data"]["variable"]) == ("E_UNSAVABLE", "v")
    assert not project.path("w").exists()


def test_an_unbound_variable_is_refused(project: Project) -> None:
    ran = project.stage(["if False:\n    v = 1"], vars_out=["v"], bound_in={"v": 0})
    assert (ran.error["code"], ran.error["data"]) == ("E_VARIABLE_UNBOUND", {"variable": "v", "block": 0})


def test_a_table_without_pyarrow_is_refused(project: Project) -> None:
    (project.folder / "pyarrow.py").write_text("raise ImportError('hidden')")
    ran = project.stage(
        ["import pandas as pd\ndf = pd.DataFrame({'a': [1]})"],
        vars_out=["df"],
        bound_in={"df": 0},
        ignore=["pyarrow.py"],
    )
    assert (ran.error["code"], ran.error["next"]) == ("E_NO_PYARROW", "pip install pyarrow")


def test_changed_inputs_are_named(project: Project) -> None:
    values = {
        "rows": [1, 2], "table": pd.DataFrame({"a": [1, 2]}), "array": np.arange(3), "arrays": {"x": np.arange(2)},
        "kept": [1], "frame": pd.DataFrame({"a": [1]}), "rebound": [1], "passed": [1], "model": {"m": {1, 2}},
    }  # fmt: skip
    for name, value in values.items():
        project.save(name, value)
    code = """
rows.append(3)
table.loc[0, 'a'] = 9
array[0] = 7
arrays['x'][1] = 5
kept[0] + 1; kept.sort(); frame.copy()['a'] = 3; frame = frame.assign(b=1)
rebound = rebound + [2]
passed.append(2)
"""
    ran = project.stage([code], vars_in=list(values), vars_out=["passed"], bound_in={"passed": 0})
    assert ran.code == 0, ran.error
    assert ran.recorded is not None
    assert ran.recorded["mutated"] == ran.done["mutated"] == ["array", "arrays", "rows", "table"]


def test_changes_of_pickled_inputs_are_not_counted(project: Project) -> None:
    from sklearn.linear_model import SGDClassifier

    project.save("model", SGDClassifier(random_state=0).fit([[0.0], [1.0]], [0, 1]))
    ran = project.stage(["model.partial_fit([[0.0], [1.0]], [1, 0]);"], vars_in=["model"])
    assert ran.recorded is not None and ran.recorded["mutated"] == []


def test_shared_memory_among_saved_variables(project: Project) -> None:
    code = """
import numpy as np, pandas as pd
a = np.arange(10)
view = a[2:5]
other = np.arange(10)
inner = [1]
outer = {'inner': inner}
number = text = 5
frame = pd.DataFrame({'x': [1, 2], 'y': [1.5, 2.5]})
alias = frame
copy = frame.copy()
part = frame[['x']]
words = ('same', 'strings')
more = ('same', 'strings')
"""
    names = [
        "a",
        "view",
        "other",
        "inner",
        "outer",
        "number",
        "text",
        "frame",
        "alias",
        "copy",
        "part",
        "words",
        "more",
    ]
    ran = project.stage([code], vars_out=names, bound_in=dict.fromkeys(names, 0))
    assert ran.recorded is not None
    assert ran.recorded["shared"] == [["a", "view"], ["alias", "frame"], ["inner", "outer"]]


def test_a_saved_array_that_a_frame_was_made_of(project: Project) -> None:
    code = "import numpy as np, pandas as pd\na = np.arange(6.0).reshape(3, 2)\ndf = pd.DataFrame(a, copy=False)"
    ran = project.stage([code], vars_out=["a", "df"], bound_in={"a": 0, "df": 0})
    assert ran.recorded is not None and ran.recorded["shared"] == [["a", "df"]]


def test_a_large_array_inside_an_object_is_saved(project: Project) -> None:
    code = (
        "import numpy as np\nclass Holder: pass\nheld = Holder()\nheld.data = np.arange(200_000.0)\nboth = {'a': held}"
    )
    ran = project.stage([code], vars_out=["held", "both"], bound_in={"held": 0, "both": 0})
    assert ran.code == 0, ran.error
    assert ran.recorded is not None and ran.recorded["formats"] == {"held": "pickle", "both": "pickle"}


def test_what_cannot_change_is_not_shared(project: Project) -> None:
    code = """
import datetime, decimal, pathlib
import numpy as np
import pandas as pd
class Holder:
    def __init__(self, *parts): self.parts = parts
one = (datetime.date(2020, 1, 1), decimal.Decimal(1), pathlib.Path("x"), np.float64(1), np.dtype("f8"), pd.Timestamp(0), pd.NA)
a, b = Holder(*one), Holder(*one)
"""
    ran = project.stage([code], vars_out=["a", "b"], bound_in={"a": 0, "b": 0})
    assert ran.recorded is not None and ran.recorded["shared"] == []


def test_an_input_that_an_out_is_made_of_is_seen_and_its_changer_is_refused(project: Project) -> None:
    project.stage(["x = [1]\nz = [2]"], stage="make", vars_out=["x", "z"], bound_in={"x": 0, "z": 0})
    made = {name: f".cellar/nb/vars/make/{name}.var" for name in ("x", "z")}
    wrapped = project.stage(["y = {'x': x}"], stage="wrap", vars_in=made, vars_out=["y"], bound_in={"y": 0})
    assert wrapped.recorded is not None and wrapped.recorded["shared"] == [["x", "y"]]
    inputs = {**made, "y": ".cellar/nb/vars/wrap/y.var"}
    seen = ".cellar/nb/outputs/wrap.json"
    refused = project.stage(["x.append(2)"], stage="change", vars_in=inputs, apart=[["x", "y", seen]])
    assert refused.code == 1 and refused.error["code"] == "E_SHARED_INPUTS" and refused.error["next"]
    assert project.stage(["z.append(2)"], stage="other", vars_in=inputs, apart=[["y", "z", seen]]).code == 0
    assert project.stage(["x.append(2)"], stage="gone", vars_in=inputs, apart=[["x", "y", "nowhere.json"]]).code == 0


def test_a_chain_gives_the_truth_to_the_last_bit(project: Project) -> None:
    first = "import numpy as np, pandas as pd\ndf = pd.DataFrame(np.random.default_rng(0).normal(size=(997, 7)), copy=False)\nX = df.to_numpy()"
    second = (
        "result = [float(df.to_numpy().sum()), float(X.sum()), float((df @ df.T).to_numpy().sum()), df.mean().tolist()]"
    )
    project.stage([first], stage="one", vars_out=["df", "X"], bound_in={"df": 0, "X": 0})
    paths = {name: f".cellar/nb/vars/one/{name}.var" for name in ("df", "X")}
    ran = project.stage([second], stage="two", vars_in=paths, vars_out=["result"], bound_in={"result": 0})
    assert ran.code == 0, ran.error
    truth: dict[str, object] = {}
    exec(first + "\n" + second, truth)
    assert project.variable("result", "two") == truth["result"]
