"""N43: values, figures and displays, with and without IPython."""

from __future__ import annotations

import base64
from typing import Any

from conftest import Project, Ran

HIDE_IPYTHON = "import sys\nclass Hidden:\n    def find_spec(self, name, path=None, target=None):\n        if name.partition('.')[0] == 'IPython': raise ModuleNotFoundError(name)\n"


def shown(ran: Ran) -> list[tuple[str, list[str]]]:
    assert ran.code == 0, ran.events
    return [(event["kind"], sorted(event["data"])) for event in ran.of("display")]


def test_the_last_expression_is_shown_unless_a_semicolon_ends_it(project: Project) -> None:
    ran = project.stage(["1", "2;", "x = 3", "4 # note ;", "None", "'text'", "print('p')"])
    assert [event["data"] for event in ran.of("display")] == [
        {"text/plain": "1"},
        {"text/plain": "4"},
        {"text/plain": "'text'"},
    ]
    assert {event["kind"] for event in ran.of("display")} == {"execute_result"}


def test_own_methods_make_the_bundle(project: Project) -> None:
    setup = """
class Rich:
    def _repr_html_(self): return '<b>x</b>'
    def _repr_png_(self): return b'png'
    def _repr_json_(self): return {'n': [1, float('nan')]}
    def _repr_latex_(self): raise NotImplementedError
    def _repr_svg_(self): raise ValueError('broken svg')
    def __repr__(self): return 'Rich()'
class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None): return {'text/x': 'y', 'text/plain': 'B'}, {'text/x': {'k': 1}}
"""
    ran = project.stage(["Rich()", "Bundle()", "Rich"], setup)
    first, second, third = ran.of("display")
    assert first["data"] == {
        "text/html": "<b>x</b>",
        "image/png": base64.b64encode(b"png").decode(),
        "application/json": {"n": [1, None]},
        "text/plain": "Rich()",
    }
    assert second["data"] == {"text/x": "y", "text/plain": "B"} and second["metadata"] == {"text/x": {"k": 1}}
    assert third["data"] == {"text/plain": "<class '__main__.Rich'>"}
    assert "broken svg" in ran.text("stderr")


def test_long_containers_are_broken_into_lines(project: Project) -> None:
    ran = project.stage(
        [
            "{'key %d' % i: list(range(3)) for i in range(9)}",
            "list(range(2000))",
            "{3, 1, 2}",
            "a = [1]\na.append(a)\na",
        ]
    )
    texts = [event["data"]["text/plain"] for event in ran.of("display")]
    assert texts[0].splitlines()[:2] == ["{'key 0': [0, 1, 2],", " 'key 1': [0, 1, 2],"]
    assert texts[1].endswith(" 999,\n ...]")
    assert texts[2:] == ["{1, 2, 3}", "[1, [...]]"]


def test_frames_as_in_a_notebook(project: Project) -> None:
    ran = project.stage(["import pandas as pd\npd.DataFrame({'c%d' % i: [i] for i in range(30)})", "pd.Series([1, 2])"])
    assert shown(ran) == [("execute_result", ["text/html", "text/plain"]), ("execute_result", ["text/plain"])]
    html = ran.of("display")[0]["data"]["text/html"]
    assert "1 rows × 30 columns" in html and "<th>c29</th>" in html and "<th>c15</th>" not in html


def test_figures_come_at_the_end_of_a_block_and_on_show(project: Project) -> None:
    ran = project.stage(
        [
            "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nprint('drawn')",
            "plt.plot([1, 2]); plt.show(); print('between'); plt.plot([2, 1]);",
            "fig, ax = plt.subplots()\nfig",
            "ax.plot([1]);",
            "plt.get_fignums()",
        ]
    )
    assert ran.code == 0, ran.events
    kinds = [
        (event["block"], event["event"], event.get("kind"), event.get("text"))
        for event in ran.events
        if event["event"] in ("stream", "display")
    ]
    assert kinds == [
        (0, "stream", None, "drawn\n"),
        (0, "display", "display_data", None),
        (1, "display", "display_data", None),
        (1, "stream", None, "between\n"),
        (1, "display", "display_data", None),
        (2, "display", "execute_result", None),
        (4, "display", "execute_result", None),
    ]
    png = base64.b64decode(ran.of("display")[0]["data"]["image/png"])
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and b"Matplotlib" not in png
    assert ran.of("display")[0]["data"]["text/plain"] == "<Figure size 640x480 with 1 Axes>"
    assert ran.of("display")[-1]["data"] == {"text/plain": "[]"}


def displays(project: Project, before: str = "") -> Ran:
    return project.stage(
        [
            before
            + "from IPython.display import display, HTML, Markdown, Image, clear_output, update_display\nhandle = display(HTML('<i>1</i>'), display_id='d')",
            "handle.update(HTML('<i>2</i>'))\nupdate_display(HTML('<i>3</i>'), display_id='d')",
            "print('gone')\nclear_output()\nprint('stays')",
            "print('old')\nclear_output(wait=True)\nprint('new')",
            "display(Markdown('**m**'), metadata={'k': 1})\ndisplay({'text/plain': 'raw'}, raw=True)\nh = display(1, display_id=True)\nh",
            "Image(b'\\x89PNG\\r\\n\\x1a\\n' + b'0' * 20)",
        ]
    )


def test_display_ids_updates_and_clear(project: Project) -> None:
    ran = displays(project)
    events = ran.of("display")
    assert events[0]["display_id"] == "d" and "update" not in events[0]
    assert [event.get("update") for event in events[:3]] == [None, True, True]
    assert [event["wait"] for event in ran.of("clear")] == [False, True]
    assert ran.recorded is not None
    blocks: list[list[dict[str, Any]]] = ran.recorded["blocks"]
    assert blocks[0][0]["data"]["text/html"] == "<i>3</i>" and blocks[1] == []
    assert [output["text"] for output in blocks[2] + blocks[3]] == ["stays\n", "new\n"]
    assert blocks[4][0]["metadata"] == {"k": 1} and blocks[4][1]["data"] == {"text/plain": "raw"}


def test_the_same_without_ipython(project: Project) -> None:
    with_it = displays(project).recorded
    without = displays(project, HIDE_IPYTHON + "sys.meta_path.insert(1, Hidden())\n").recorded
    assert with_it is not None and without is not None
    assert without["blocks"][1:] == with_it["blocks"][1:]
    assert without["blocks"][0][0]["data"] == with_it["blocks"][0][0]["data"]


def test_magics_and_shell_lines(project: Project) -> None:
    ran = project.stage(
        [
            "name = 'world'\n!echo hello {name}\nfiles = !printf 'a\\nb'\nprint(list(files))",
            "%%bash\necho from bash",
            "%time x = 1 + 1\nx",
            "def f():\n    raise ValueError('in magic')\n%timeit -n1 -r1 f()",
        ]
    )
    assert ran.text().startswith("hello world\n['a', 'b']\nfrom bash\n")
    assert ran.of("display")[0]["data"] == {"text/plain": "2"}
    assert ran.error["ename"] == "ValueError" and ran.error["block"] == 3
    assert not (project.folder / ".ipython").exists()


def test_a_magic_without_ipython_is_refused(project: Project) -> None:
    (project.folder / "IPython.py").write_text("raise ImportError('hidden')")
    ran = project.stage(["%time x = 1"], ignore=["IPython.py"])
    assert (ran.error["code"], ran.error["next"]) == ("E_NO_IPYTHON", "pip install ipython")


def test_plain_stages_do_not_load_ipython_or_asyncio(project: Project) -> None:
    ran = project.stage(
        ["import sys\nprint([name for name in ('IPython', 'asyncio', 'numpy', 'ctypes') if name in sys.modules])"]
    )
    assert ran.text() == "[]\n"


def test_plotly_figures_are_data(project: Project) -> None:
    (project.folder / "plotly").mkdir()
    (project.folder / "plotly" / "__init__.py").write_text("")
    (project.folder / "plotly" / "basedatatypes.py").write_text(
        "class BaseFigure:\n"
        "    def to_json(self): return '{\"data\": [1]}'\n"
        "    def _ipython_display_(self): raise RuntimeError('opens a browser')\n"
        "    def show(self): raise RuntimeError('opens a browser')\n"
        "    def __repr__(self): return 'Figure()'\n"
    )
    ran = project.stage(
        ["from plotly.basedatatypes import BaseFigure\nBaseFigure()", "BaseFigure().show()"], ignore=["plotly"]
    )
    assert ran.code == 0, ran.error
    assert [(event["kind"], event["data"]) for event in ran.of("display")] == [
        (kind, {"application/vnd.plotly.v1+json": {"data": [1]}, "text/plain": "Figure()"})
        for kind in ("execute_result", "display_data")
    ]
