"""N45: output of Python, of C code and of children, in order, as events and as the record."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from conftest import LIMIT_SECONDS, Project
from runner.terminal_text import mask_html, recorded_stream


def test_children_and_python_are_in_order(project: Project) -> None:
    ran = project.stage(
        [
            "import os, subprocess\nprint('a')\nos.system('echo b')\nprint('c')\nsubprocess.run(['sh', '-c', 'echo d; echo e >&2; echo f']);"
        ]
    )
    assert ran.text() == "a\nb\nc\nd\nf\n" and ran.text("stderr") == "e\n"
    assert ran.recorded is not None
    assert ran.recorded["blocks"][0] == [
        {"output_type": "stream", "name": "stdout", "text": "a\nb\nc\nd\nf\n"},
        {"output_type": "stream", "name": "stderr", "text": "e\n"},
    ]


def test_c_code_is_captured(project: Project) -> None:
    ran = project.stage(
        ["import ctypes\nlibc = ctypes.CDLL(None)\nprint('py')\nlibc.printf(b'from C\\n');", "print('next')"]
    )
    assert [(event["block"], event["text"]) for event in ran.of("stream")] == [(0, "py\nfrom C\n"), (1, "next\n")]


def test_more_than_a_pipe_holds_while_the_lock_is_held(project: Project) -> None:
    code = "import ctypes\nwrite = ctypes.PyDLL(None).write\nwrite(1, b'x' * 300_000, 300_000)\nprint()"
    assert project.stage([code]).text() == "x" * 300_000 + "\n"


def test_output_of_the_slice_and_of_the_end_has_block_minus_one(project: Project) -> None:
    ran = project.stage(["print('block')"], "print('slice')")
    assert [(event["block"], event["text"]) for event in ran.of("stream")] == [(-1, "slice\n"), (0, "block\n")]
    assert ran.recorded is not None and len(ran.recorded["blocks"][0]) == 1


def test_streams_know_what_a_stream_knows(project: Project) -> None:
    ran = project.stage(
        [
            "import sys\nprint(sys.stdout.fileno(), sys.stdout.isatty(), sys.stdout.encoding)\nsys.stdout.buffer.write('é\\n'.encode())\nprint('\\ud800')"
        ]
    )
    assert ran.text() == "1 False utf-8\né\n\\ud800\n"


def test_output_of_threads_and_forked_children_arrives(project: Project) -> None:
    code = """
import os, threading
worker = threading.Thread(target=print, args=('thread',))
worker.start(); worker.join()
child = os.fork()
if child == 0:
    print('child')
    os._exit(0)
os.waitpid(child, 0)
print('parent')
"""
    ran = project.stage([code])
    assert ran.text() == "thread\nchild\nparent\n"
    assert [event["event"] for event in ran.events].count("cell-start") == 1


def test_progress_bars_are_reduced_to_their_last_state(project: Project) -> None:
    bar = "import sys\nfor i in range(1, 4):\n    sys.stderr.write(f'\\r {i * 33}%|##| {i}/3 [00:0{i}<00:00, {i}.1it/s]')\nsys.stderr.write('\\n')"
    ran = project.stage([bar])
    assert ran.text("stderr").count("\r") == 3
    assert ran.recorded is not None and ran.recorded["blocks"][0][0]["text"] == " 99%|##| 3/3\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb\n", "a\nb\n"),
        ("long text\rshort\n", "short\n"),
        ("one\x1b[2K\rtwo\n", "two\n"),
        ("bar 1: 0%\nbar 2: 0%\x1b[A\rbar 1: 9%\n\rbar 2: 9%", "bar 1: 9%\nbar 2: 9%"),
        ("\r1/9 ━━━━ 5s 500ms/step - loss: 1.0\r9/9 ━━━━ 1s 12ms/step - loss: 0.5\n", "9/9 ━━━━ - loss: 0.5\n"),
        ("100%|█| 3/3 [00:01<00:00, 2.0it/s]\n", "100%|█| 3/3 [00:01<00:00, 2.0it/s]\n"),
        ("<f at 0x7f00aa11bb22>, <g at 0x1234>", "<f at 0x…>, <g at 0x…>"),
        ("value at 0x7f00aa11bb22z stays", "value at 0x7f00aa11bb22z stays"),
    ],
)
def test_recorded_stream(text: str, kept: str) -> None:
    assert recorded_stream(text) == kept


def test_random_table_ids_are_numbered() -> None:
    html = '<style>#T_a1b2c_row0 {}</style><table id="T_a1b2c"><td id="T_a1b2c_row0">'
    assert mask_html(html) == mask_html(html.replace("a1b2c", "00fff"))
    assert "T_a1b2c" not in mask_html(html)


def test_interrupt_reaches_the_user_code(project: Project) -> None:
    script = project.script(
        ["try:\n    print('started', flush=True)\n    __import__('signal').pause()\nfinally:\n    print('cleaned')"]
    )
    ran = subprocess.Popen(
        [sys.executable, ".cellar/run.py", script],
        cwd=project.folder,
        env=project.environ(PYTHONHASHSEED="0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert ran.stdout is not None
    assert ran.stdout.readline() == "started\n"
    ran.send_signal(signal.SIGINT)
    out, err = ran.communicate(timeout=LIMIT_SECONDS)
    assert ran.returncode == 1
    assert out == "cleaned\n" and err.rstrip().endswith("KeyboardInterrupt") and "run.py" not in err


HOLDS_THE_LOCK = "import ctypes\nprint('started', flush=True)\nctypes.PyDLL(None).pause()"
HAS_A_CHILD = "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\nprint('started', child.pid, flush=True)\nchild.wait()"


@pytest.mark.parametrize("code", [HOLDS_THE_LOCK, HAS_A_CHILD], ids=["C code that holds the lock", "a child process"])
def test_the_lifeline_ends_the_whole_group(project: Project, code: str) -> None:
    script = project.script([code])
    read, write = os.pipe()
    ran = subprocess.Popen(
        [sys.executable, ".cellar/run.py", script],
        cwd=project.folder,
        env=project.environ(CELLAR_LIFELINE=str(read)),
        stdout=subprocess.PIPE,
        pass_fds=(read,),
        text=True,
        start_new_session=True,
    )
    os.close(read)
    assert ran.stdout is not None
    assert ran.stdout.readline().startswith("started")
    os.close(write)
    assert ran.wait(timeout=LIMIT_SECONDS) != 0
    assert ran.stdout.read() == ""  # every process that could write has ended
    ran.stdout.close()


def test_events_are_single_lines_of_json(project: Project) -> None:
    ran = project.stage(["print('x' * 200_000)\nprint('\\u2028 \\x00 é')"])
    log = (project.folder.parent / "events.jsonl").read_bytes()
    assert len(log.splitlines()) == len(ran.events) and all(json.loads(line)["v"] == 1 for line in log.splitlines())
    assert ran.text() == "x" * 200_000 + "\n\u2028 \x00 é\n"
