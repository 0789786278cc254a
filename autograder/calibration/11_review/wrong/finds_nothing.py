# fails: test_swallowed_cancellation_is_found test_honest_handlers_are_left_alone
# feedback: before it is praised
# %% checker
def swallows_cancellation(source):
    return []
