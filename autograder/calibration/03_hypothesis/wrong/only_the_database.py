# fails: test_the_investigation
# feedback: a test of every hypothesis; untested
# %% investigation
def investigation():
    return ["database probe", "query log"]
