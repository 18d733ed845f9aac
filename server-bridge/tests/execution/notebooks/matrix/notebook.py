# %% setup
import numpy as np

np.random.seed(5)
np.set_printoptions(precision=3)

SHAPE = (4, 4)


def normal(m):
    return m / np.linalg.norm(m)
# %% params
power = 3
jitter = 0.5
# %% stage draw
base = np.random.rand(*SHAPE)
# %% stage noise
noise = np.random.normal(scale=jitter, size=SHAPE)
noisy = base + noise
# %% stage raise
result = normal(np.linalg.matrix_power(noisy, power))
if result[0, 0] < 0:
    result = -result
# %% stage trace
trace = float(np.trace(result))
rank = int(np.linalg.matrix_rank(noisy))
# %% stage keep
np.savez("result.npz", result=result, base=base)
with open("trace.txt", "w") as out:
    out.write(f"{trace:.10f} {rank}")
