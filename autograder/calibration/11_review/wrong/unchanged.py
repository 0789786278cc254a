# fails: test_half_of_the_defects_are_found test_ten_of_the_defects_are_found test_few_findings_are_false test_swallowed_cancellation_is_found test_honest_handlers_are_left_alone
# feedback: it raised NotImplementedError
# %% review
def review():
    raise NotImplementedError()


# %% checker
def swallows_cancellation(source):
    raise NotImplementedError()
