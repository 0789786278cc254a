# fails: test_half_of_the_defects_are_found test_ten_of_the_defects_are_found test_few_findings_are_false
# feedback: it returned
# %% review
def review():
    return "LGTM"
