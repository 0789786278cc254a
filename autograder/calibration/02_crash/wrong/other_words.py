# fails: test_what_is_survived test_what_becomes_a_500 test_what_ends_the_process test_what_hangs
# feedback: a dict with a word, of exit, hang, 500, survive
# %% fates
def fates():
    return {"dependency": 500, "gather": "fine", "abort": "dies"}
