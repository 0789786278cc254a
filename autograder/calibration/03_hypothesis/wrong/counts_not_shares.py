# fails: test_the_suspect
# feedback: shares rather than counts
# %% suspect
from collections import Counter


def suspect(requests, deaths, within_s, at_least):
    sent, deadly = Counter(), Counter()
    for r in requests:
        hit = any(0 < d - r["t"] <= within_s for d in deaths)
        for f in r["features"]:
            sent[f] += 1
            deadly[f] += hit
    found = [f for f in sent if sent[f] >= at_least]
    return (
        max(found, key=lambda f: deadly[f]) if found and any(deadly.values()) else None
    )
