"""A run from Python: who is best, by how much, at what cost. It takes seconds, and needs the file beside it."""
# ruff: noqa: T201

from pathlib import Path

import sgmbench

answer = sgmbench.run(Path(__file__).with_name("quick.yaml"))
print(*answer.sentences, sep="\n")

scores = answer.to_xarray()["marginal"]
print(scores["energy.d2"].mean(["replicate", "condition"]).to_pandas())

for row in answer.table():
    if row["score"] == "equivalent_runs/energy":
        print(f"{row['budget']:>4} runs of {row['method']} are worth {row['mean']:.0f} ({row['validity']})")

print(answer.plot_frontier("frontier.svg"), answer.plot_decision_map("decision_map.svg"))
print(sgmbench.verify(answer.folder).verdict)
