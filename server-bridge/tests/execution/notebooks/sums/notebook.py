# %% setup
import numpy as np

rng_seed = 3


def window(values, n):
    return np.convolve(values, np.ones(n) / n, mode="valid")
# %% params
n = 64
width = 4
# %% stage make
rng = np.random.default_rng(rng_seed)
signal = np.cumsum(rng.normal(size=n))
# %% stage smooth
smooth = window(signal, width)
residual = signal[: len(smooth)] - smooth
# %% stage scale
scaled = (smooth - smooth.mean()) / smooth.std()
scaled[0] = 0.0
# %% stage combine
table = np.stack([scaled, residual])
np.save("table.npy", table)
# %% stage totals
totals = {"smooth": float(smooth.sum()), "residual": float(np.abs(residual).sum())}
with open("totals.txt", "w") as out:
    out.write(repr(totals))
