# %% suspect
def suspect(requests, deaths, within_s, at_least):
    def followed(request):
        return any(request["t"] < d <= request["t"] + within_s for d in deaths)

    hits = [followed(r) for r in requests]
    if not any(hits):
        return None
    base = sum(hits) / len(hits)
    lifts = {}
    for feature in {f for r in requests for f in r["features"]}:
        mine = [hit for r, hit in zip(requests, hits) if feature in r["features"]]
        if len(mine) >= at_least:
            lifts[feature] = sum(mine) / len(mine) / base
    return max(lifts, key=lifts.get) if lifts else None
