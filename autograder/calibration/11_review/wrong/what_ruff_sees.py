# fails: test_ten_of_the_defects_are_found
# feedback: an order that was never stored counts as imported
# %% review
def review():
    return [
        ("batch.py", 41, "no cause"),
        ("batch.py", 43, "assert"),
        ("batch.py", 73, "too broad"),
        ("audit.py", 46, "return in finally"),
        ("app.py", 106, "no traceback"),
        ("app.py", 108, "orphan task"),
        ("audit.py", 27, "swallowed"),
    ]
