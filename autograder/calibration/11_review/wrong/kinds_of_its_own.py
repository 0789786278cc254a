# fails: test_half_of_the_defects_are_found test_ten_of_the_defects_are_found test_few_findings_are_false
# feedback: a finding that reads
# %% review
def review():
    return [
        ("batch.py", 42, "bad style"),
        ("batch.py", 43, "assert"),
        ("batch.py", 55, "swallowed"),
        ("batch.py", 64, "leak"),
        ("batch.py", 73, "too broad"),
        ("batch.py", 96, "cancellation"),
        ("audit.py", 27, "swallowed"),
        ("audit.py", 46, "return in finally"),
        ("app.py", 104, "wrong status"),
        ("app.py", 106, "no traceback"),
        ("app.py", 107, "exposed"),
        ("app.py", 108, "orphan task"),
    ]
