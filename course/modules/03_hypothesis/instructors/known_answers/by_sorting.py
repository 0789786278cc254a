# %% slowdown
def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return (
        values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
    )


def slowdown(probes, since):
    took = lambda p: 5000.0 if p["ms"] is None else p["ms"]
    before = [took(p) for p in probes if p["t"] < since]
    during = [took(p) for p in probes if p["t"] >= since]
    return median(during) / median(before) if before and during else None


# %% plan
def plan(tests, hypotheses):
    left = list(enumerate(tests))
    open_ = set(hypotheses)
    names = []
    while True:
        ranked = []
        for position, test in left:
            n = len(open_.intersection(test["refutes"]))
            if n:
                ranked.append((-n / test["minutes"], test["minutes"], position, test))
        if not ranked:
            return names
        _, _, position, best = min(ranked, key=lambda r: r[:3])
        names.append(best["name"])
        open_.difference_update(best["refutes"])
        left = [(p, t) for p, t in left if p != position]
