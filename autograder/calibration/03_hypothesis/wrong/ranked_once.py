# fails: test_plan
# feedback: whether you count what is still open
# %% plan
def plan(tests, hypotheses):
    todo, names = set(hypotheses), []
    value = lambda t: (
        -len(set(hypotheses) & set(t["refutes"])) / t["minutes"],
        t["minutes"],
    )
    for test in sorted(tests, key=value):
        if todo:
            names.append(test["name"])
            todo -= set(test["refutes"])
    return names
