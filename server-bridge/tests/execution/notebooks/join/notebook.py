# %% setup
import json

import pandas as pd

from keys import clean_key
# %% params
how = "inner"
# %% stage people
people = pd.read_csv("people.csv", dtype={"id": str})
people["key"] = people["id"].map(clean_key)
# %% stage scores
with open("scores.json") as source:
    scores = pd.DataFrame(json.load(source))
scores["key"] = scores["id"].map(clean_key)
# %% stage join
joined = people.merge(scores, on="key", how=how, suffixes=("", "_score")).sort_values("key").reset_index(drop=True)
# %% stage mean
means = joined.groupby("team")["score"].mean().to_dict()
joined["centred"] = joined["score"] - joined["team"].map(means)
# %% stage out
joined.to_csv("joined.csv", index=False)
with open("means.json", "w") as target:
    json.dump(means, target, sort_keys=True)
