"""N31, N33: the strict YAML reader agrees with `dvc`, and parameters keep the types of the notebook."""

from __future__ import annotations

import random
from typing import Any

import pytest
from conftest import Project
from dvc.utils.serialize._yaml import dumps_yaml, parse_yaml
from runner.equality import same
from runner.refusal import Refusal
from runner.yaml_reader import read_yaml

TEXTS = [
    "a", "yes", "no", "on", "1", "1.0", "1e-05", "true", "null", "~", "", "1:30", "0x1F", "0o17", "010", "1_000", "a: b", "a #b", "#x",
    "- x", "-", "?", "[x", "{y", "key:", "é", "日本", "x\ny", "x\n", "\nx", "  lead", "trail  ", "a\tb", "it's", '"q"', "\\n", "%d", "@x",
    "`", "!t", "&a", "*b", "|", ">", "=", "<<", "2020-01-01", "2020-01-01 10:00:00", ".5", "1.", ".inf", ".nan", "-0", "1e5", "a,b",
    "x" * 90 + " " + "y" * 50, " ".join(["word"] * 40), "line1\nline2\n\nline4", "\n\n", "---", "...", "--- a", "\x07", "a:", "::", ":a",
    "a:b", "http://x.y/z?a=b#c", "C:\\dir", " ", "\t", "😀", "'", "''", "a\n  b\n c", "a\r\nb", "k" * 140,
]  # fmt: skip
NUMBERS: list[Any] = [
    0,
    1,
    -1,
    10**20,
    0.0,
    1.0,
    -1.5,
    1e-5,
    1e300,
    float("inf"),
    float("-inf"),
    float("nan"),
    1e16,
    0.1,
    True,
    False,
    None,
]
LETTERS = "ab c:#-\n'\"[]{},&*!|>%@?\\\té "


def value(rng: random.Random, depth: int) -> Any:
    kind = rng.random()
    if depth < 4 and kind < 0.25:
        return {key(rng): value(rng, depth + 1) for _ in range(rng.randint(0, 5))}
    if depth < 4 and kind < 0.45:
        return [value(rng, depth + 1) for _ in range(rng.randint(0, 5))]
    return scalar(rng)


def scalar(rng: random.Random) -> Any:
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(NUMBERS)
    if kind < 0.8:
        return rng.choice(TEXTS)
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, 30)))


def key(rng: random.Random) -> Any:
    return f"k{rng.randint(0, 99)}" if rng.random() < 0.6 else rng.choice([*TEXTS, 1, 2.5, True, None])


def test_reads_what_dvc_dumps() -> None:
    read = 0
    for seed in range(2000):
        rng = random.Random(seed)
        text = dumps_yaml({key(rng): value(rng, 0) for _ in range(rng.randint(1, 6))})
        try:
            wanted = parse_yaml(text, "params.yaml")
        except Exception:
            continue  # dvc cannot read its own dump: an empty key, a long key in a list
        assert same(read_yaml(text, "params.yaml"), wanted), text
        read += 1
    assert read > 1900


HAND_WRITTEN = [
    "a: 1 # c\nb:\n  - 1\n  - x: 2\n    y: 3\n",
    "a: [1, 2,\n  3] # x\nb: {x: 1, \"y\":2}\n",
    "a:\n- 1\n- 2\nb: |\n  x\n   y\n\n  z\n\nc: >-\n  f o\n  g\n\n    more\n  h\n",
    "a: yes\nb: 1:30\nc: 010\nd: 0o10\ne: 1_000\nf: 1e3\ng: 1e-05\nh: .5\ni: -.inf",
    "---\na: 1\n...\n",
    "a: \"x\n  y\"\nb: 'p\n\n  q'",
    "a: x\n y\n z\nb: 1",
    "  a: 1\n  b: 2\n",
    "a: |2\n    x\n   y\n",
    "a: >+\n  x\n\n\nb: 1",
    "\"a\": 1\n'b' : 2\n? c\n: d\n",
    "a: {x, y: }",
    "a: #c\n  1",
    "a: x#y #z",
    "k: v\r\nl: w\r\n",
    "a: \"\"\nb: ''\nc: ~\nd:\n",
    "- - a\n  - b\n- c",
    "a:\n  b:\n\n    c: \"\\u00e9\\x41\\t\"\n# end",
]  # fmt: skip


@pytest.mark.parametrize("text", HAND_WRITTEN)
def test_reads_what_people_write(text: str) -> None:
    assert same(read_yaml(text, "params.yaml"), parse_yaml(text, "params.yaml"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: &x 1\n", 1), ("b: 1\na: *x\n", 2), ("a: !!int 1", 1), ("b: 1\n<<: {a: 1}", 2), ("b: 1\nd: 2020-01-01", 2),
        ("d: 2020-01-01 10:00:00", 1), ("a: 1\n---\nb: 2", 2), ("a: 1\nb: 2\na: 2", 3), ("a:\n\tb: 1", 2), ("a: b: c", 1),
        ("a: [1, 2", 1), ("a: \"x", 1), ("a: 1\n b: 2", 2), ("a: - b", 1), ("a: @x", 1), ("%YAML 1.2\n---\na: 1", 1),
        ("a: \"\\q\"", 1), ("a: [e: f]", 1), ("a: 1\nb", 2), ("{a: 1}: 2", 1), ("a: 'x' y", 1), ("a: \"\x85\"", 1), ("=: 1", 1), ("a: _", None),
        ("? {a: 1}\n: 2", 1), ("a: -_", 1),
    ],
)  # fmt: skip
def test_refuses_the_rest_with_its_line(text: str, line: int | None) -> None:
    if line is None:
        assert read_yaml(text, "params.yaml") == {"a": "_"}
        return
    with pytest.raises(Refusal) as found:
        read_yaml(text, "params.yaml")
    assert found.value.code == "E_PARAMS_YAML"
    assert found.value.data == {"path": "params.yaml", "line": line}
    assert f"line {line}" in found.value.message


@pytest.mark.parametrize(
    ("text", "wanted", "shown"),
    [
        ("0.2", "float", "0.2"), ("1", "float", "1.0"), ("3", "int", "3"), ("'x'", "str", "'x'"), ("true", "bool", "True"),
        ("[1, 2]", "list", "[1, 2]"), ("{a: 1}", "dict", "{'a': 1}"), ("~", "none", "None"), ("1e-05", "float", "1e-05"),
    ],
)  # fmt: skip
def test_types_are_kept(project: Project, text: str, wanted: str, shown: str) -> None:
    (project.folder / "params.yaml").write_text(f"nb_lr: {text}\n")
    ran = project.stage(["print(repr(lr))"], params={"lr": {"key": "nb_lr", "type": wanted}})
    assert ran.text() == shown + "\n"


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [("1.0", "int", "float"), ("true", "int", "bool"), ("1", "bool", "int"), ("'1'", "int", "str"), ("yes", "bool", "str"), ("~", "str", "none"),
     ("1", "str", "int"), ("[1]", "dict", "list"), ("true", "float", "bool")],
)  # fmt: skip
def test_another_type_is_refused_with_its_key(project: Project, text: str, wanted: str, found: str) -> None:
    (project.folder / "params.yaml").write_text(f"lr: {text}\n")
    ran = project.stage(["print(lr)"], params={"lr": {"key": "lr", "type": wanted}})
    assert (ran.code, ran.error["code"], ran.text()) == (1, "E_PARAM_TYPE", "")
    assert ran.error["data"] == {"key": "lr", "found": found, "wanted": wanted, "path": "params.yaml"}
    assert all(word in ran.error["evalue"] for word in ("lr", wanted, found))


def test_missing_file_key_and_bad_yaml(project: Project) -> None:
    script = project.script(["print(lr)"], params={"lr": {"key": "lr", "type": "int"}})
    assert project.run(script).error["code"] == "E_PARAMS_MISSING"
    (project.folder / "params.yaml").write_text("other: 1\n")
    assert project.run(script).error["code"] == "E_PARAM_MISSING"
    (project.folder / "params.yaml").write_text("lr: &a 1\n")
    ran = project.run(script)
    assert (ran.error["code"], ran.error["data"]["line"]) == ("E_PARAMS_YAML", 1)
