"""N26–N28: what a stage reads and writes without saying so."""

from __future__ import annotations

import json

import pytest
from conftest import Project, Ran


@pytest.fixture
def data(project: Project) -> Project:
    (project.folder / "data").mkdir()
    (project.folder / "data" / "raw.csv").write_text("a,b\n1,2\n")
    (project.folder / "data" / "more.csv").write_text("a,b\n3,4\n")
    (project.folder / "notes.txt").write_text("n")
    return project


def undeclared(ran: Ran) -> list[str]:
    assert ran.code == 0, (ran.error, ran.stderr)
    assert ran.recorded is not None
    assert ran.recorded["undeclared"] == ran.done["undeclared"]
    found: list[str] = ran.recorded["undeclared"]
    return found


def test_reads_that_are_declared_ignored_or_written_first_are_none(data: Project) -> None:
    code = """
import pandas as pd
pd.read_csv('data/raw.csv')
open('notes.txt').read()
open('out.txt', 'w').write('x')
open('out.txt').read();
"""
    ran = data.stage([code], files_in=["data/raw.csv"], files_out=["out.txt"], ignore=["notes.txt"])
    assert undeclared(ran) == []
    assert ran.done["reads"] == ["data/raw.csv", "notes.txt"] and ran.done["writes"] == ["out.txt"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import pandas as pd\npd.read_csv('data/raw.csv')", ["data/raw.csv"]),
        ("open('data/../notes.txt')", ["notes.txt"]),
        ("import os\nos.chdir('data')\nopen('raw.csv')", ["data/raw.csv"]),
        ("import numpy as np\nnp.loadtxt('data/raw.csv', delimiter=',', skiprows=1)", ["data/raw.csv"]),
        ("from pathlib import Path\n[p.read_text() for p in Path('data').glob('*.csv')]", ["data"]),
        ("import os\nos.listdir('data')", ["data"]),
        ("import shutil\nshutil.copy('notes.txt', 'data/copy.txt')", ["notes.txt"]),
        ("import os\nos.rename('notes.txt', 'moved.txt')\nopen('moved.txt')", ["notes.txt"]),
        ("open('notes.txt', 'a').write('more')", ["notes.txt"]),
        ("try:\n    open('absent.txt')\nexcept OSError:\n    pass", []),
        (
            "import os\nos.environ.get('HOME'); os.getenv('LANG'); os.environ['MINE'] = '1'; os.environ['MINE']",
            ["environ:HOME", "environ:LANG"],
        ),
        ("import os\ndict(os.environ)", ["environ"]),
        ("import os\n'HOME' in os.environ", ["environ:HOME"]),
        ("import subprocess, os\nsubprocess.run(['true'], env=os.environ.copy())", ["process"]),
        ("import os\nos.system('true')", ["process"]),
        (
            "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), 0.2)\nexcept OSError:\n    pass",
            ["network"],
        ),
        ("import sqlite3\nsqlite3.connect('notes.txt')", ["notes.txt"]),
        ("import pandas, numpy, sklearn.linear_model, matplotlib.pyplot", []),
        ("import warnings\nwarnings.warn('x')", []),
        ("from sklearn.datasets import load_iris\nload_iris();", []),
        ("import tempfile\nf = tempfile.NamedTemporaryFile('w+')\nf.write('x')\nopen(f.name).read()", []),
        ("import os, joblib\njoblib.dump([1], 'm.joblib')\njoblib.load('m.joblib')", []),
    ],
)
def test_undeclared(data: Project, code: str, expected: list[str]) -> None:
    ran = data.stage([code], files_out=["m.joblib"], environ={f"FILLER_{i}": "x" for i in range(30)})
    assert undeclared(ran) == expected


def test_data_outside_the_project(data: Project) -> None:
    (data.folder.parent / "elsewhere.csv").write_text("x")
    ran = data.stage([f"open({str(data.folder.parent / 'elsewhere.csv')!r})"])
    assert undeclared(ran) == ["outside"]


def test_a_notebook_in_a_folder_of_the_project(data: Project) -> None:
    ran = data.stage(["open('notes.txt')", "open('data/raw.csv')"], environ={"CELLAR_PROJECT": str(data.folder.parent)})
    assert undeclared(ran) == ["project/data/raw.csv", "project/notes.txt"]
    assert ran.done["reads"] == ["data/raw.csv", "notes.txt"]


def test_a_declared_folder_covers_what_is_in_it(data: Project) -> None:
    ran = data.stage(["import os\n[open(f'data/{n}') for n in os.listdir('data')]"], files_in=["data"])
    assert undeclared(ran) == []


def test_workers_are_watched(data: Project) -> None:
    code = """
import multiprocessing, os
child = os.fork()
if child == 0:
    open('notes.txt').read()
    os._exit(0)
os.waitpid(child, 0)
with multiprocessing.get_context('spawn').Pool(1) as pool:
    print(pool.map(read, ['data/raw.csv']))
"""
    ran = data.stage([code], "def read(path):\n    return open(path).read(1)")
    assert ran.text() == "['a']\n"
    assert undeclared(ran) == ["data/raw.csv", "notes.txt"]


def test_workers_of_joblib_are_watched(data: Project) -> None:
    code = "from joblib import Parallel, delayed\nprint(Parallel(n_jobs=2)(delayed(read)(p) for p in ['data/raw.csv', 'data/more.csv']))"
    ran = data.stage([code], "def read(path):\n    return open(path).read(1)")
    assert ran.text() == "['a', 'a']\n"
    assert undeclared(ran) == ["data/more.csv", "data/raw.csv"]


def test_a_module_of_the_project_must_be_declared(data: Project) -> None:
    (data.folder / "lib").mkdir()
    (data.folder / "lib" / "__init__.py").write_text("")
    (data.folder / "lib" / "inner.py").write_text("VALUE = 1\n")
    script = ["from lib.inner import VALUE", "print('not reached')"]
    ran = data.stage(script, files_in=["lib/__init__.py"])
    assert (ran.code, ran.error["code"], ran.error["block"], ran.text()) == (1, "E_UNDECLARED_MODULE", 0, "")
    assert ran.error["data"]["modules"] == ["lib/inner.py"] and "lib/inner.py" in ran.error["evalue"]
    assert ran.recorded is None
    fixed = data.stage(script, files_in=["lib/__init__.py", "lib/inner.py"])
    assert fixed.code == 0 and fixed.done["modules"] == ["lib/__init__.py", "lib/inner.py"]


def test_a_file_that_another_stage_writes_stops_the_run(data: Project) -> None:
    listed = data.folder.parent / "intermediate.json"
    listed.write_text(json.dumps(["data/raw.csv"]))
    swallowed = "try:\n    open('data/raw.csv')\nexcept Exception:\n    print('swallowed')\nprint('went on')"
    ran = data.stage([swallowed], environ={"CELLAR_INTERMEDIATE": str(listed)})
    assert (ran.code, ran.error["code"], ran.text()) == (1, "E_UNDECLARED_INTERMEDIATE", "")
    assert ran.error["data"]["path"] == "data/raw.csv" and ran.error["line"] == 5
    declared = data.stage([swallowed], files_in=["data/raw.csv"], environ={"CELLAR_INTERMEDIATE": str(listed)})
    assert declared.code == 0


def test_writes_of_children_are_seen(data: Project) -> None:
    ran = data.stage(["import subprocess\nsubprocess.run(['sh', '-c', 'echo x > made.txt; rm notes.txt'])"])
    assert ran.done["writes"] == ["made.txt", "notes.txt"]


def test_settings_do_not_reach_child_processes(data: Project) -> None:
    ran = data.stage(
        ["import os\n[name for name in os.environ if name.startswith('CELLAR_')]"],
        environ={"CELLAR_PROJECT": str(data.folder)},
    )
    assert (
        ran.of("display")[0]["data"]["text/plain"] == "['CELLAR_WORKER_SCRIPT', 'CELLAR_WORKER_FOLDER', 'CELLAR_WATCH']"
    )


def test_readers_in_c_code_tell_what_they_read(data: Project) -> None:
    code = """
import pyarrow as pa, pyarrow.parquet as pq, pyarrow.csv
pq.write_table(pa.table({'a': [1]}), 'made.parquet')
pa.csv.read_csv('data/raw.csv')
pq.read_table('made.parquet')
"""
    ran = data.stage([code], files_out=["made.parquet"])
    assert undeclared(ran) == ["data/raw.csv"]


def test_a_forked_child_that_returns_saves_nothing(data: Project) -> None:
    code = "import os\npid = os.fork()\nif pid:\n    os.waitpid(pid, 0)\nvalue = pid == 0"
    ran = data.stage([code], vars_out=["value"], bound_in={"value": 0})
    assert ran.code == 0 and data.variable("value") is False
    assert len(ran.of("cell-done")) == 1 and len(ran.of("done")) == 1
