# fails: test_the_investigation
# feedback: no dear question before a cheaper one
# %% investigation
def investigation():
    return ["last words", "database probe", "pool", "traffic"]
