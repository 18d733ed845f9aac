from __future__ import annotations

from pathlib import Path

from runner.params import with_params

DECLARED = {"lr": {"key": "lr", "type": "float"}, "deep": {"key": "deep", "type": "bool"}}


def test_parameters_stand_in_paths_as_in_dvc_templates(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("lr: 0.10\ndeep: true\n", encoding="utf-8")
    paths = ["runs/${lr}/${ deep }.txt", "plain.txt", "${other}.txt"]
    assert with_params(paths, DECLARED, str(tmp_path)) == ["runs/0.1/true.txt", "plain.txt", "${other}.txt"]


def test_parameters_that_cannot_be_read_are_left_to_the_run_to_refuse(tmp_path: Path) -> None:
    assert with_params(["${lr}.txt"], DECLARED, str(tmp_path)) == ["${lr}.txt"]
