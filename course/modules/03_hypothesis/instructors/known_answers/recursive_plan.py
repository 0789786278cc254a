# %% plan
def plan(tests, hypotheses):
    todo = set(hypotheses)
    worth = [
        (len(todo & set(t["refutes"])) / t["minutes"], -t["minutes"]) for t in tests
    ]
    if not tests or max(worth)[0] == 0:
        return []
    best = worth.index(max(worth))
    rest = tests[:best] + tests[best + 1 :]
    return [tests[best]["name"], *plan(rest, todo - set(tests[best]["refutes"]))]
