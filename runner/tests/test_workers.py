"""N42: worker processes know setup, and nothing of the stage's cells."""

from __future__ import annotations

import pytest
from conftest import Project

SETUP = """
import os
SCALE = 10
print('slice', __name__)
class Point:
    def __init__(self, x):
        self.x = x
def work(n):
    return Point(n.x * SCALE * lr)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_load_only_what_stands_above_the_first_block(project: Project, method: str) -> None:
    (project.folder / "params.yaml").write_text("lr: 2\n")
    code = f"""
import multiprocessing
print('block')
pool = multiprocessing.get_context({method!r}).Pool(2)
answers = pool.map(work, [Point(1), Point(2)])
pool.close()
pool.join()  # the end of `with` kills the workers, with what they have not written yet
print([a.x for a in answers], {{type(a) is Point for a in answers}})
"""
    ran = project.stage([code], SETUP, params={"lr": {"key": "lr", "type": "int"}})
    assert ran.code == 0, (ran.error, ran.stderr)
    lines = ran.text().splitlines()
    assert lines[-1] == "[20, 40] {True}"
    assert lines.count("block") == 1 and lines.count("slice __main__") == 1
    assert ("slice __mp_main__" in lines) == (method != "fork")


def test_process_pools_and_plain_processes(project: Project) -> None:
    code = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
context = multiprocessing.get_context('spawn')
with ProcessPoolExecutor(1, mp_context=context) as pool:
    print(pool.submit(work, Point(3)).result().x)
queue = context.Queue()
process = context.Process(target=send, args=(queue,))
process.start()
print(queue.get())
process.join()
"""
    ran = project.stage([code], SETUP.replace("* lr", "") + "def send(queue):\n    queue.put(os.getpid() > 0)")
    assert ran.code == 0, (ran.error, ran.stderr)
    assert ran.text().splitlines()[-2:] == ["30", "True"] or "30" in ran.text().splitlines()


@pytest.mark.parametrize(
    "use",
    [
        "with context.Pool(1) as pool:\n    pool.map(local, [1])",
        "context.Process(target=local, args=(1,)).start()",
        "from concurrent.futures import ProcessPoolExecutor\nwith ProcessPoolExecutor(1, mp_context=context) as pool:\n    pool.submit(local, 1).result()",
        "with context.Pool(1) as pool:\n    pool.map(work, [Local()])",
    ],
    ids=["pool", "process", "executor", "instance of a local class"],
)
def test_a_name_of_a_stage_cell_is_refused(project: Project, use: str) -> None:
    code = f"import multiprocessing\ncontext = multiprocessing.get_context('spawn')\ndef local(n):\n    return n\nclass Local:\n    x = 1\n{use}"
    ran = project.stage([code], SETUP.replace("* lr", ""))
    assert (ran.code, ran.error["code"]) == (1, "E_WORKER_NAME")
    assert ran.error["data"]["fixes"] == ["move-to-setup"] and ran.error["next"].startswith("Move ")
    assert ran.error["line"] is not None


def test_forked_workers_may_use_what_a_cell_defines(project: Project) -> None:
    code = "import multiprocessing\ndef local(n):\n    return n + 1\nwith multiprocessing.get_context('fork').Pool(1) as pool:\n    print(pool.map(local, [1]))"
    ran = project.stage([code])
    assert ran.code == 0 and ran.text() == "[2]\n"


def test_joblib_and_sklearn_in_parallel(project: Project) -> None:
    code = """
from joblib import Parallel, delayed
def local(n):
    return n * SCALE
print(Parallel(n_jobs=2)(delayed(local)(n) for n in range(3)))
from sklearn.model_selection import cross_val_score
from sklearn.linear_model import LogisticRegression
from sklearn.datasets import load_iris
print(cross_val_score(LogisticRegression(max_iter=500), *load_iris(return_X_y=True), n_jobs=2).round(2).tolist())
"""
    ran = project.stage([code], "SCALE = 10")
    assert ran.code == 0, (ran.error, ran.stderr)
    assert ran.text() == "[0, 10, 20]\n[0.97, 1.0, 0.93, 0.97, 1.0]\n"


def test_workers_do_not_write_events(project: Project) -> None:
    code = "import os\nchild = os.fork()\nif child == 0:\n    display('from the child')\n    print('text')\n    os._exit(0)\nos.waitpid(child, 0);"
    ran = project.stage([code])
    assert [event["event"] for event in ran.events] == ["cell-start", "stream", "cell-done", "done"]
