# fails: test_plan
# feedback: when the plan is complete
# %% plan
def plan(tests, hypotheses):
    todo, names, left = set(hypotheses), [], list(tests)
    while todo:
        best = max(
            left,
            key=lambda t: (len(todo & set(t["refutes"])) / t["minutes"], -t["minutes"]),
        )
        names.append(best["name"])
        left.remove(best)
        todo -= set(best["refutes"])
    return names
