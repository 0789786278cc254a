# fails: test_half_of_the_defects_are_found test_ten_of_the_defects_are_found test_few_findings_are_false
# feedback: before it says anything that few are false
# %% review
def review():
    return [
        ("batch.py", 41, "no cause"),
        ("batch.py", 43, "assert"),
        ("batch.py", 55, "swallowed"),
        ("batch.py", 64, "leak"),
        ("batch.py", 73, "too broad"),
    ]
