# %% setup
from functools import lru_cache
import json

limit_factor = 3


@lru_cache(maxsize=None)
def is_prime(n):
    if n < 2:
        return False
    return all(n % d for d in range(2, int(n**0.5) + 1))


def offset():
    return limit_factor * 10
# %% params
start = 5
# %% stage collect
found = []
candidate = start
while len(found) < 12 and not candidate // 1_000:
    if is_prime(candidate):
        found.append(candidate)
    candidate += 1
# %% stage gaps
gaps = [b - a for a, b in zip(found, found[1:])]
pairs = tuple(zip(found, gaps))
# %% stage shift
shifted = [p + offset() for p in found]
checks = {p: is_prime(p) for p in shifted}
# %% stage save
with open("primes.json", "w") as out:
    json.dump({"gaps": gaps, "last": pairs[-1], "checks": [str(k) for k, v in checks.items() if v]}, out)
