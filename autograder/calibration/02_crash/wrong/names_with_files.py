# fails: test_the_crash_is_read
# feedback: without module or brackets
# %% june_crash
def june_crash():
    return {
        "exception": "TypeError",
        "origin": "routing.resolve()",
        "boundary": "dispatch",
        "end": "serve",
    }
