# fails: test_what_is_survived
# feedback: who gets the exception
# %% fates
def fates():
    return {
        "dependency": "500",
        "gather": "500",
        "thread": "survive",
        "callback": "survive",
        "background_exit": "survive",
        "orphan_exit": "exit",
        "group_exit": "exit",
        "cancelled": "500",
        "swallowed": "hang",
        "abort": "exit",
    }
