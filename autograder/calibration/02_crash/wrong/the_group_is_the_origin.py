# fails: test_the_crash_is_read
# feedback: the last line of the traceback in the group
# %% june_crash
def june_crash():
    return {
        "exception": "ExceptionGroup",
        "origin": "serve",
        "boundary": "main",
        "end": "run",
    }
