# fails: test_the_crash_is_read
# feedback: which frame above the origin belongs to a loop
# %% june_crash
def june_crash():
    return {
        "exception": "TypeError",
        "origin": "resolve",
        "boundary": "backend_of",
        "end": "serve",
    }
