# fails: test_the_gate_knows_the_plain_cases test_bad_releases_go_back test_few_requests_are_hurt test_junes_release_goes_back
# feedback: what control does at the same
# %% gate
def gate(control, canary):
    if canary["requests"] < 340:
        return "wait"
    return "roll back" if canary["failed"] > control["failed"] else "promote"
