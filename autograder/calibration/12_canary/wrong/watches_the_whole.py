# fails: test_the_gate_knows_the_plain_cases test_bad_releases_go_back test_good_releases_are_promoted test_few_requests_are_hurt
# feedback: or that of everything together
# %% gate
def gate(control, canary):
    requests = control["requests"] + canary["requests"]
    if canary["requests"] < 10:
        return "wait"
    if (control["failed"] + canary["failed"]) / requests > 0.05:
        return "roll back"
    return "promote" if canary["requests"] >= 230 else "wait"
