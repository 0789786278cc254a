# fails: test_malformed_requests_get_a_4xx test_malformed_requests_are_logged test_the_process_survives test_valid_requests_are_served test_an_unknown_bug_is_a_logged_500 test_it_shuts_down_cleanly
# feedback: does not start
async def dispatch(lookups):
    while True
        pass
