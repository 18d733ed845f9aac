# %% setup
import json

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge


def make(n, slope):
    x = np.linspace(0, 1, n)
    return pd.DataFrame({"x": x, "y": slope * x + np.sin(9 * x) / 10})
# %% params
slope = 2.0
alpha = 0.1
# %% stage data
frame = make(30, slope)
# %% stage data
train = frame.iloc[::2].reset_index(drop=True)
# %% stage data
test = frame.iloc[1::2].reset_index(drop=True)
# %% stage fit
model = Ridge(alpha=alpha)
model.fit(train[["x"]], train["y"])
# %% stage score
score = float(model.score(test[["x"]], test["y"]))
metrics = {"score": round(score, 8), "coef": round(float(model.coef_[0]), 8)}
with open("metrics.json", "w") as out:
    json.dump(metrics, out)
# %% stage predict
predicted = pd.Series(model.predict(test[["x"]]), name="predicted").round(8)
predicted.to_csv("predicted.csv", index=False)
