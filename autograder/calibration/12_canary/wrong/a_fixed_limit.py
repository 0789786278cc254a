# fails: test_the_gate_knows_the_plain_cases test_good_releases_are_promoted
# feedback: with what the canary's share is compared
# %% gate
def gate(control, canary):
    if canary["requests"] < 40:
        return "wait"
    if canary["failed"] / canary["requests"] > 0.06:
        return "roll back"
    return "promote" if canary["requests"] >= 230 else "wait"
