# %% setup
import pandas as pd


def tidy(frame):
    frame = frame.rename(columns=str.lower)
    return frame.dropna()
# %% params
threshold = 3.0
# %% stage read
sales = pd.read_csv("sales.csv")
# %% stage tidy
clean = tidy(sales)
clean["double"] = clean["amount"] * 2
# %% stage group
by_city = clean.groupby("city")["amount"].sum()
best = by_city.idxmax()
# %% stage flag
clean2 = clean.copy()
clean2["big"] = clean2["amount"] > threshold
# %% scratch
clean2.head()
# %% stage write
by_city.to_csv("by_city.csv")
clean2.to_parquet("clean.parquet")
# %% stage best
with open("best.txt", "w") as out:
    out.write(f"{best} {len(clean2)} {int(clean2['big'].sum())}")
