# %% setup
import collections
import json
import re

STOP = {"the", "a", "of"}


def tokens(text):
    return re.findall(r"[a-z]+", text.lower())


def useful(words):
    return [word for word in words if word not in STOP]
# %% params
least = 2
# %% stage read
with open("poem.txt") as source:
    text = source.read()
lines = text.splitlines()
# %% stage count
words = useful(tokens(text))
counts = collections.Counter(words)
common = sorted(word for word, n in counts.items() if n >= least)
# %% stage lengths
longest = max(lines, key=len)
# %% stage lengths
sizes = {len(line): line[:5] for line in lines}
# %% stage write
with open("counts.json", "w") as target:
    json.dump({"common": common, "total": sum(counts.values())}, target, sort_keys=True)
# %% scratch
counts.most_common(3)
# %% stage final
result = {"longest": longest, "common": len(common), "sizes": sorted(sizes)}
with open("final.json", "w") as target:
    json.dump(result, target)
