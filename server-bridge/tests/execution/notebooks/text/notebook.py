# %% setup
import json
import os
import textwrap

os.environ["GREETING"] = "hello"

templates = {"plain": "{name}: {n}", "loud": "{NAME}! {n}"}


def render(kind, name, n):
    return templates[kind].format(name=name, NAME=name.upper(), n=n)
# %% params
kind = "plain"
indent = 2
# %% stage names
names = sorted({"mara", "ivo", "lea"})
index = {name: i for i, name in enumerate(names)}
# %% stage rows
rows = [render(kind, name, index[name]) for name in names]
body = textwrap.indent("\n".join(rows), " " * indent)
# %% stage file
with open("body.txt", "w") as out:
    out.write(os.environ["GREETING"] + "\n" + body)
# %% stage bytes
raw = body.encode("utf-8")
# %% stage bytes
marks = set(raw)
# %% stage json
with open("facts.json", "w") as out:
    json.dump({"marks": sorted(marks), "size": len(raw), "none": None, "yes": bool(rows)}, out)
