# %% setup
import csv
import statistics
from pathlib import Path

from units import to_kelvin

DATA = Path("data")


def parse(row):
    return {"place": row["place"].strip(), "temp": float(row["temp"])}
# %% params
cut = 12.0
# %% stage load
with open(DATA / "temps.csv", newline="") as source:
    rows = [parse(row) for row in csv.DictReader(source)]
# %% stage filter
warm = [row for row in rows if row["temp"] > cut]
# %% stage filter
cold = [row for row in rows if row["temp"] <= cut]
# %% stage convert
kelvin = {row["place"]: to_kelvin(row["temp"]) for row in warm}
# %% stage stats
summary = {
    "mean": statistics.fmean(row["temp"] for row in rows),
    "warm": len(warm),
    "cold": len(cold),
}
# %% stage export
with open("kelvin.csv", "w", newline="") as target:
    writer = csv.writer(target)
    writer.writerow(["place", "kelvin"])
    for place in sorted(kelvin):
        writer.writerow([place, kelvin[place]])
Path("summary.txt").write_text(str(sorted(summary.items())))
