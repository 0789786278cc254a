# %% fates
def fates():
    return {"dependency": 500, "gather": "fine", "abort": "dies"}
