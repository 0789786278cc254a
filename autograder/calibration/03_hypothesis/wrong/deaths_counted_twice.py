# fails: test_the_suspect
# feedback: requests that are followed by a death, not deaths
# %% suspect
from collections import Counter


def suspect(requests, deaths, within_s, at_least):
    sent, deadly = Counter(), Counter()
    for r in requests:
        hits = sum(0 < d - r["t"] <= within_s for d in deaths)
        for f in r["features"]:
            sent[f] += 1
            deadly[f] += hits
    found = [f for f in sent if sent[f] >= at_least]
    if not found or not any(deadly.values()):
        return None
    return max(found, key=lambda f: deadly[f] / sent[f])
