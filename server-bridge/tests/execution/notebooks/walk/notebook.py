# %% setup
import math
import random

random.seed(11)


def step(x, size):
    return x + random.uniform(-size, size)


def spread(values):
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))
# %% params
size = 1.5
steps = 40
# %% stage walk
path = [0.0]
for _ in range(steps):
    path.append(step(path[-1], size))
# %% scratch
path[:3]
# %% stage measure
width = max(path) - min(path)
# %% stage measure
deviation = spread(path)
# %% stage report
lines = [f"width {width:.6f}", f"deviation {deviation:.6f}", f"length {len(path)}"]
with open("report.txt", "w") as out:
    out.write("\n".join(lines))
# %% stage extremes
top = sorted(path)[-3:]
with open("top.json", "w") as out:
    out.write(repr(top))
