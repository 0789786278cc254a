# fails: test_plan
# feedback: hypotheses per minute, not minutes alone
# %% plan
def plan(tests, hypotheses):
    todo, names = set(hypotheses), []
    for test in sorted(tests, key=lambda t: t["minutes"]):
        if todo & set(test["refutes"]):
            names.append(test["name"])
            todo -= set(test["refutes"])
    return names
