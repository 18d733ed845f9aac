# %% setup
import json
from dataclasses import dataclass


@dataclass
class Job:
    name: str
    cost: int


def plan(jobs, budget):
    taken = []
    for job in sorted(jobs, key=lambda j: (j.cost, j.name)):
        if job.cost <= budget:
            taken.append(job)
            budget -= job.cost
    return taken, budget
# %% params
budget = 9
names = ["wash", "dry", "iron", "fold"]
# %% stage jobs
jobs = [Job(name, (len(name) * 7) % 5 + 1) for name in names]
# %% stage plan
taken, rest = plan(jobs, budget)
order = [job.name for job in taken]
# %% stage extend
order2 = list(order)
order2.append("rest")
order2 += ["sleep"] * rest
# %% stage save
with open("order.json", "w") as out:
    json.dump({"order": order, "after": order2, "rest": rest}, out)
# %% stage costs
total = sum(job.cost for job in taken)
with open("total.txt", "w") as out:
    print(total, file=out)
