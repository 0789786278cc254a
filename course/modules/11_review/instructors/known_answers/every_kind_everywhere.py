# %% review
def review():
    kinds = [
        "no cause",
        "swallowed",
        "too broad",
        "cancellation",
        "return in finally",
        "assert",
        "leak",
        "wrong status",
        "exposed",
        "no traceback",
        "orphan task",
    ]
    places = [("batch.py", 112), ("audit.py", 48), ("app.py", 112)]
    return [(m, n, k) for m, last in places for n in range(1, last) for k in kinds]
