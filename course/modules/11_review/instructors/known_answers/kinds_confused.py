# %% review
def review():
    return [
        ("batch.py", 41, "no time-out"),
        ("batch.py", 43, "no time-out"),
        ("batch.py", 55, "no time-out"),
        ("batch.py", 64, "no time-out"),
        ("batch.py", 73, "no time-out"),
        ("batch.py", 96, "no time-out"),
        ("audit.py", 27, "no time-out"),
        ("audit.py", 46, "return in finally"),
        ("app.py", 104, "wrong status"),
        ("app.py", 106, "no traceback"),
        ("app.py", 107, "exposed"),
        ("app.py", 108, "orphan task"),
    ]
