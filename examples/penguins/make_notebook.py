"""Writes analysis.ipynb next to this file, so that the notebook is reviewed as plain text.

python make_notebook.py
"""

from __future__ import annotations

import json
from pathlib import Path

STAGE = "stage"

CELLS: list[tuple[str, dict | None, str]] = [
    (
        "markdown",
        None,
        "# Palmer penguins\n\nCan the bill and the flippers of a penguin tell its species apart?\n\n"
        "Data: Gorman, Williams and Fraser (2014), Palmer Station LTER; CC0.",
    ),
    (
        "code",
        {"role": "setup"},
        "import json\n\nimport joblib\nimport matplotlib.pyplot as plt\nimport pandas as pd\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import train_test_split\n"
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n\n"
        "from features import bill_ratio, mass_per_flipper",
    ),
    (
        "code",
        {"role": "setup"},
        "def drop_incomplete(frame, columns):\n"
        '    """Birds that were measured in all of these columns."""\n'
        "    return frame.dropna(subset=columns).reset_index(drop=True)\n\n\n"
        "def by_species(values, species):\n"
        '    """Mean of a measure for each species."""\n'
        "    return values.groupby(species).mean().round(2).to_dict()",
    ),
    ("code", {"role": "params"}, "test_share = 0.25\nseed = 7\nstrength = 1.0\ndpi = 100"),
    ("markdown", None, "## Data"),
    ("code", {"role": STAGE, "stage": "load"}, 'raw = pd.read_csv("data/penguins.csv")\nraw.head(3)'),
    ("code", None, "raw.isna().sum()"),
    ("markdown", None, "## Features\n\nA bird without a measure or without a sex is left out."),
    (
        "code",
        {"role": STAGE, "stage": "prepare"},
        'measured = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]\n'
        'birds = drop_incomplete(raw, measured + ["sex"])\n'
        'birds["bill_ratio"] = bill_ratio(birds)\n'
        'birds["mass_per_flipper"] = mass_per_flipper(birds)',
    ),
    (
        "code",
        {"role": STAGE, "stage": "prepare"},
        'columns = measured + ["bill_ratio", "mass_per_flipper"]\n'
        'ratios = by_species(birds["bill_ratio"], birds["species"])\n'
        'print(len(birds), "birds,", len(columns), "columns")\nratios',
    ),
    ("code", None, 'birds.groupby("island")["body_mass_g"].describe()'),
    ("markdown", None, "## Model"),
    (
        "code",
        {"role": STAGE, "stage": "train"},
        "train, test = train_test_split(\n"
        '    birds, test_size=test_share, random_state=seed, stratify=birds["species"]\n'
        ")\n"
        "model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))\n"
        'model.fit(train[columns], train["species"])\n'
        'joblib.dump(model, "model.joblib")\n'
        'print(f"trained on {len(train)} birds")',
    ),
    (
        "code",
        {"role": STAGE, "stage": "evaluate"},
        'accuracy = model.score(test[columns], test["species"])\n'
        'metrics = {"accuracy": round(float(accuracy), 4), "birds": len(test)}\n'
        'with open("metrics.json", "w") as file:\n'
        "    json.dump(metrics, file, indent=2)\n"
        "metrics",
    ),
    ("markdown", None, "## Figures"),
    (
        "code",
        {"role": STAGE, "stage": "figures"},
        "fig, ax = plt.subplots(figsize=(6, 4))\n"
        'for name, group in birds.groupby("species"):\n'
        '    ax.scatter(group["bill_length_mm"], group["flipper_length_mm"], s=14, label=f"{name} ({ratios[name]})")\n'
        'ax.set_xlabel("bill length (mm)")\n'
        'ax.set_ylabel("flipper length (mm)")\n'
        'ax.legend(title="species (bill ratio)")\n'
        'fig.savefig("bills.png", dpi=dpi)',
    ),
    ("code", None, "model.predict(birds[columns].sample(3))"),
]


def cell(kind: str, tag: dict | None, source: str, number: int) -> dict:
    made: dict = {
        "cell_type": kind,
        "id": f"penguin-{number:02d}",
        "metadata": {} if tag is None else {"cellar": tag},
        "source": source.splitlines(keepends=True),
    }
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return made


def main() -> None:
    notebook = {
        "cells": [cell(*parts, number) for number, parts in enumerate(CELLS)],
        "metadata": {
            "cellar": {"version": 1},
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = Path(__file__).with_name("analysis.ipynb")
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
