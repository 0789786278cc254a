# fails: test_the_test_passes_on_right_releases test_the_test_fails_on_junes_release
# feedback: there was no test that ran
# %% regression_test
def malformed_requests_harm_nobody_else(service):
    assert service.send(b"").status is None
