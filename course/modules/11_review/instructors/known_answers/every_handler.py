# %% review
def review():
    return [
        ("batch.py", 41, "swallowed"),
        ("batch.py", 53, "swallowed"),
        ("batch.py", 68, "swallowed"),
        ("batch.py", 73, "swallowed"),
        ("batch.py", 86, "swallowed"),
        ("batch.py", 96, "swallowed"),
        ("batch.py", 109, "swallowed"),
        ("audit.py", 26, "swallowed"),
        ("audit.py", 35, "swallowed"),
        ("audit.py", 45, "swallowed"),
        ("app.py", 57, "swallowed"),
        ("app.py", 84, "swallowed"),
        ("app.py", 103, "swallowed"),
        ("app.py", 105, "swallowed"),
    ]
