# fails: test_the_investigation
# feedback: a list of names, out of
# %% investigation
def investigation():
    return ["ask the database team"]
