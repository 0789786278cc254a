# fails: test_half_of_the_defects_are_found test_ten_of_the_defects_are_found test_few_findings_are_false
# feedback: 0 of 12 found
# %% review
def review():
    return [
        ("batch.py", 191, "no cause"),
        ("batch.py", 193, "assert"),
        ("batch.py", 205, "swallowed"),
        ("batch.py", 214, "leak"),
        ("batch.py", 223, "too broad"),
        ("batch.py", 246, "cancellation"),
        ("audit.py", 177, "swallowed"),
        ("audit.py", 196, "return in finally"),
        ("app.py", 254, "wrong status"),
        ("app.py", 256, "no traceback"),
        ("app.py", 257, "exposed"),
        ("app.py", 258, "orphan task"),
    ]
