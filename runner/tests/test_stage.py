"""N41–N45: what a run does, shows, records, and what it does when something goes wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LIMIT_SECONDS, Project


def test_order_params_slice_inputs_blocks_outs(project: Project) -> None:
    project.save("before", [1, 2])
    (project.folder / "params.yaml").write_text("lr: 1\n")
    ran = project.stage(
        ["total = sum(before) * scale(1)", "print(total)\ntotal"],
        "def scale(x):\n    return x * lr",
        vars_in=["before"],
        vars_out=["total"],
        bound_in={"total": 0},
        params={"lr": {"key": "lr", "type": "float"}},
    )
    assert ran.code == 0, ran.events
    assert project.variable("total") == 3.0 and type(project.variable("total")) is float
    assert [event["event"] for event in ran.events if event["event"] not in ("stream", "display")] == [
        "cell-start", "cell-done", "cell-start", "cell-done", "done",
    ]  # fmt: skip
    assert ran.text() == "3.0\n"
    assert ran.of("display")[0]["data"] == {"text/plain": "3.0"}
    assert ran.recorded is not None
    assert ran.recorded["blocks"] == [
        [],
        [
            {"output_type": "stream", "name": "stdout", "text": "3.0\n"},
            {"output_type": "execute_result", "data": {"text/plain": "3.0"}, "metadata": {}},
        ],
    ]
    assert ran.recorded["formats"] == {"total": "json"}
    assert ran.recorded["script"].startswith("# fmt: off")


def test_everything_is_the_same_in_a_second_run(project: Project) -> None:
    blocks = [
        "import pandas as pd, numpy as np, matplotlib.pyplot as plt\nobject",
        "df = pd.DataFrame(rng.normal(size=(50, 3)), columns=list('abc'))\ndf['s'] = 'x'\ndf.head()",
        "plt.hist(df['a']);\nprint(object())",
        "names = {str(i) for i in range(30)}\nlist(names)[:5]",
        "df.style.highlight_max()",
        "import warnings; warnings.warn('careful')",
    ]
    header = {"vars_out": ["df", "names"], "bound_in": {"df": 1, "names": 3}}
    script = project.script(blocks, "import numpy as np\nrng = np.random.default_rng(0)", **header)
    files = {}
    for turn in ("first", "second"):
        ran = project.run(script, events=turn == "first", COLUMNS="200" if turn == "first" else "40")
        assert ran.code == 0, ran.stderr
        files[turn] = {
            path.name: path.read_bytes()
            for path in (project.folder / ".cellar/nb").rglob("*")
            if path.suffix in (".var", ".json")
        }
    assert files["first"] == files["second"]
    assert len(files["first"]) == 3
    assert b" at 0x\xe2\x80\xa6>" in files["first"]["s.json"]


def test_without_events_it_prints_like_a_program(project: Project) -> None:
    script = project.script(["print('out')\nimport sys\nprint('err', file=sys.stderr)", "1 + 1"])
    ran = project.run(script, events=False)
    assert (ran.code, ran.stdout, ran.stderr, ran.events) == (0, "out\n2\n", "err\n", [])


def test_the_hash_seed_is_fixed_without_the_bridge(project: Project) -> None:
    ran = project.stage(["import sys, os\nprint(sys.flags.hash_randomization, 'CELLAR_HASH_SEED_SET' in os.environ)"])
    assert ran.text() == "0 False\n"


def test_path_stdin_and_argv(project: Project) -> None:
    (project.folder / "near.py").write_text("WHERE = 'notebook folder'\n")
    ran = project.stage(
        ["import sys\nfrom near import WHERE\nprint(WHERE, sys.path[0], sys.argv, repr(sys.stdin.read()))", "input()"],
        files_in=["near.py"],
    )
    assert ran.text() == f"notebook folder {project.folder} ['.cellar/nb/s.py'] ''\n"
    assert ran.error["ename"] == "EOFError"


def test_a_failing_block_has_its_line_and_no_frames_of_ours(project: Project) -> None:
    ran = project.stage(
        ["x = 1", "y = 2\nhalf(x - 1)"], "def half(n):\n    return 1 / n", vars_out=["x"], bound_in={"x": 0}
    )
    assert ran.code == 1
    assert ran.recorded is None and not project.path("x").exists()
    error = ran.error
    assert (error["ename"], error["evalue"], error["block"], error["line"]) == (
        "ZeroDivisionError",
        "division by zero",
        1,
        4,
    )
    assert error["data"] == {"block_line": 9}
    assert "code" not in error
    text = "\n".join(error["traceback"])
    assert "run.py" not in text
    assert 'File ".cellar/nb/s.py", line 9, in <module>' in text and "half(x - 1)" in text and "return 1 / n" in text
    assert not ran.done["ok"]


def test_causes_are_shown_without_frames_of_ours(project: Project) -> None:
    ran = project.run(
        project.script(["try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('bad') from e"]), events=False
    )
    assert ran.code == 1
    assert (
        ran.stderr.index("KeyError: 'k'")
        < ran.stderr.index("The above exception was the direct cause")
        < ran.stderr.index("ValueError: bad")
    )
    assert "run.py" not in ran.stderr


def test_a_syntax_error_stops_before_anything_runs(project: Project) -> None:
    ran = project.stage(["print('ran')", "def f(:\n    pass"])
    assert (ran.error["ename"], ran.error["line"], ran.text()) == ("SyntaxError", 6, "")


def test_exit_in_a_cell_is_a_failure(project: Project) -> None:
    ran = project.stage(["import sys\nsys.exit(0)"])
    assert (ran.code, ran.error["ename"]) == (1, "SystemExit")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace("x = 1", "x = 2"), "E_SCRIPT_EDITED"),
        (lambda text: text.partition("\n")[2], "E_SCRIPT_HEADER"),
        (lambda text: text.replace('"semantics": 1', '"semantics": 99'), "E_RUNNER_TOO_OLD"),
        (lambda text: text.replace('"v": 1', '"v": 2'), "E_RUNNER_TOO_OLD"),
        (lambda text: text.replace('"blocks"', '"blcks"'), "E_SCRIPT_HEADER"),
        (lambda text: "# cellar: {\n" + text.partition("\n")[2], "E_SCRIPT_HEADER"),
    ],
)
def test_a_script_that_is_not_ours_is_refused(project: Project, change: object, code: str) -> None:
    path = project.folder / project.script(["x = 1"])
    path.write_text(change(path.read_text()))  # type: ignore[operator]
    ran = project.run(".cellar/nb/s.py")
    assert (ran.code, ran.error["code"], ran.error["block"]) == (1, code, -1)
    plain = project.run(".cellar/nb/s.py", events=False)
    assert plain.code == 1 and code in plain.stderr and "next: " in plain.stderr


def test_usage_and_missing_script(project: Project) -> None:
    assert project.run(".cellar/nb/none.py").error["code"] == "E_SCRIPT_MISSING"
    done = subprocess.run(
        [sys.executable, ".cellar/run.py"], cwd=project.folder, capture_output=True, text=True, timeout=LIMIT_SECONDS
    )
    assert done.returncode == 1 and done.stderr == "usage: python .cellar/run.py SCRIPT\n"


def test_the_script_is_the_module_main(project: Project) -> None:
    ran = project.stage(
        [
            "import inspect, pickle, sys\nprint(Point.__module__, __name__, sys.modules['__main__'].Point is Point)",
            "print(inspect.getsource(Point).splitlines()[0], inspect.getsource(double).splitlines()[1].strip())",
            "print(pickle.loads(pickle.dumps(Point(2))).x)\np = Point(3)",
            "__file__",
        ],
        "class Point:\n    def __init__(self, x):\n        self.x = x\ndef double(n):\n    return 2 * n",
        vars_out=["p"],
        bound_in={"p": 2},
    )
    assert ran.text() == "__main__ __main__ True\nclass Point: return 2 * n\n2\n"
    assert ran.error["ename"] == "NameError"


def test_an_instance_of_a_notebook_class_crosses(project: Project) -> None:
    setup = "class Point:\n    def __init__(self, x):\n        self.x = x"
    made = project.stage(["p = Point(3)"], setup, stage="make", vars_out=["p"], bound_in={"p": 0})
    assert made.code == 0 and made.recorded is not None and made.recorded["formats"] == {"p": "pickle"}
    read = project.stage(
        ["print(p.x, isinstance(p, Point))"], setup, stage="read", vars_in={"p": ".cellar/nb/vars/make/p.var"}
    )
    assert read.text() == "3 True\n"
    without = project.stage(["print(p.x)"], stage="without", vars_in={"p": ".cellar/nb/vars/make/p.var"})
    assert (without.code, without.error["code"], without.error["data"]["variable"]) == (1, "E_INPUT_UNREADABLE", "p")


def test_future_imports_of_the_slice_count_in_blocks(project: Project) -> None:
    ran = project.stage(["def f(x: int) -> 'y': pass\nprint(f.__annotations__)"], "from __future__ import annotations")
    assert ran.text() == "{'x': 'int', 'return': \"'y'\"}\n"
    plain = project.stage(["def f(x: int): pass\nprint(f.__annotations__)"])
    assert plain.text() == "{'x': <class 'int'>}\n"


def test_top_level_await_and_tasks_share_one_loop(project: Project) -> None:
    ran = project.stage(
        [
            "import asyncio\nasync def wait(n):\n    await asyncio.sleep(0)\n    return n\nawait wait(1)",
            "task = asyncio.create_task(wait(2))",
            "print(await task)\n[await wait(i) for i in range(2)]",
            "def plain():\n    return asyncio.run(wait(7))\nprint(plain())",
        ]
    )
    assert ran.code == 0, ran.events
    assert ran.text() == "2\n7\n"
    assert [event["data"]["text/plain"] for event in ran.of("display")] == ["1", "[0, 1]"]


def test_each_stage_starts_from_the_slice_state(project: Project) -> None:
    script = project.script(
        ["print(random.random(), np.random.rand())"],
        "import random\nimport numpy as np\nrandom.seed(1)\nnp.random.seed(1)",
    )
    import random

    import numpy

    assert project.run(script).text() == f"{random.Random(1).random()} {numpy.random.RandomState(1).rand()}\n"


def test_facts_stay_out_of_the_record(project: Project) -> None:
    ran = project.stage(["import numpy"])
    facts = ran.done["facts"]
    assert facts["interpreter"] == sys.executable and facts["peak_memory"] > 1_000_000 and facts["seconds"] > 0
    assert facts["distributions"]["numpy"] and re.fullmatch(r"\d+\.\d+\.\d+.*", facts["python"])
    assert ran.recorded is not None and sorted(ran.recorded) == [
        "blocks", "formats", "mutated", "schema", "script", "shared", "undeclared", "v",
    ]  # fmt: skip


def test_setup_that_takes_long_is_told_by_its_line(project: Project) -> None:
    setup = "import time\ndef slow():\n    time.sleep(0.15)\nslow()\nquick = 1"
    ran = project.stage(["print(quick)"], setup)
    lines = (project.folder / ".cellar" / "nb" / "s.py").read_text().split("\n")
    [(line, seconds)] = ran.done["facts"]["setup_seconds"]
    assert lines[line - 1] == "slow()" and seconds >= 0.15
    task = "import asyncio, time\nasyncio.ensure_future(asyncio.sleep(0))\ntime.sleep(0.15)"
    assert project.stage(["1"], task).done["facts"]["setup_seconds"] == []


def test_events_can_go_to_a_descriptor(project: Project) -> None:
    read, write = os.pipe()
    look = f"import os; print(os.path.exists('/proc/self/fd/{write}'))"
    script = project.script(
        [f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {look!r}], close_fds=False);"]
    )
    env = project.environ(CELLAR_EVENTS=f"fd:{write}")
    subprocess.run(
        [sys.executable, ".cellar/run.py", script],
        cwd=project.folder,
        env=env,
        pass_fds=(write,),
        timeout=LIMIT_SECONDS,
    )
    os.close(write)
    with open(read) as stream:
        events = [json.loads(line) for line in stream]
    assert [event["event"] for event in events] == ["cell-start", "stream", "cell-done", "done"]
    assert events[1]["text"] == "False\n"


def test_an_input_that_is_missing_or_broken(project: Project) -> None:
    script = project.script(["print(1)"], vars_in=["gone"])
    assert project.run(script).error["code"] == "E_INPUT_MISSING"
    project.path("gone", "before").parent.mkdir(parents=True)
    project.path("gone", "before").write_bytes(b"PAR1 nonsense")
    ran = project.run(script)
    assert (ran.error["code"], ran.error["data"]["format"]) == ("E_INPUT_UNREADABLE", "parquet")
    assert Path(project.folder / ".cellar/nb/outputs").exists() is False


def test_a_crash_of_c_code_leaves_a_trace_on_stderr(project: Project) -> None:
    ran = project.stage(["print('before')", "import ctypes\nctypes.string_at(0)"])
    assert ran.code != 0
    assert "Segmentation fault" in ran.stderr and ".cellar/nb/s.py" in ran.stderr
    assert ran.text() == "before\n" and not ran.of("done")
