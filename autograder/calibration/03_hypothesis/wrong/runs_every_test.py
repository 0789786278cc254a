# fails: test_plan
# feedback: what is open after the first test
# %% plan
def plan(tests, hypotheses):
    value = lambda t: (
        -len(set(hypotheses) & set(t["refutes"])) / t["minutes"],
        t["minutes"],
    )
    return [test["name"] for test in sorted(tests, key=value)]
