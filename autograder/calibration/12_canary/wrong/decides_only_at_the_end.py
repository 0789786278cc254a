# fails: test_the_gate_knows_the_plain_cases test_few_requests_are_hurt test_junes_release_goes_back
# feedback: what your gate could have known earlier
# %% gate
def gate(control, canary):
    n, m = canary["requests"], control["requests"]
    if n < 380 or not m:
        return "wait"
    more = canary["failed"] / n - control["failed"] / m
    return "roll back" if more > 0.06 else "promote"
