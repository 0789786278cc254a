"""Kinds that are as right, and a place named twice."""


# %% review
def review():
    return [
        ("batch.py", 41, "no cause"),
        ("batch.py", 43, "assert"),
        ("batch.py", 55, "swallowed"),
        ("batch.py", 64, "leak"),
        ("batch.py", 74, "swallowed"),
        ("batch.py", 75, "too broad"),
        ("batch.py", 97, "too broad"),
        ("audit.py", 26, "swallowed"),
        ("audit.py", 45, "swallowed"),
        ("app.py", 104, "wrong status"),
        ("app.py", 106, "no traceback"),
        ("app.py", 107, "exposed"),
        ("app.py", 108, "orphan task"),
    ]
