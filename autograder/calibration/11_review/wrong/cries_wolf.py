# fails: test_few_findings_are_false
# feedback: the error is the client's, has a name
# %% review
def review():
    return [
        ("batch.py", 41, "no cause"),
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
        ("batch.py", 69, "swallowed"),
        ("batch.py", 85, "swallowed"),
        ("batch.py", 109, "swallowed"),
        ("audit.py", 35, "swallowed"),
    ]
