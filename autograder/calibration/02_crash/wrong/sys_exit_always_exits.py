# fails: test_what_is_survived
# feedback: the process lives
# %% fates
def fates():
    return {
        "dependency": "500",
        "gather": "survive",
        "thread": "survive",
        "callback": "survive",
        "background_exit": "exit",
        "orphan_exit": "exit",
        "group_exit": "exit",
        "cancelled": "500",
        "swallowed": "hang",
        "abort": "exit",
    }
