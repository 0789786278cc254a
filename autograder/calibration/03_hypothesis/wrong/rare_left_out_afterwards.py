# fails: test_no_suspect_by_chance
# feedback: a single request proves nothing
# %% suspect
from collections import Counter


def suspect(requests, deaths, within_s, at_least):
    sent, deadly = Counter(), Counter()
    for r in requests:
        hit = any(0 < d - r["t"] <= within_s for d in deaths)
        for f in r["features"]:
            sent[f] += 1
            deadly[f] += hit
    if not any(deadly.values()):
        return None
    best = max(sent, key=lambda f: deadly[f] / sent[f])
    return best if sent[best] >= at_least else None
