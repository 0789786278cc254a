# fails: test_what_becomes_a_500
# feedback: the request's own task
# %% fates
def fates():
    return {
        "dependency": "500",
        "gather": "survive",
        "thread": "survive",
        "callback": "survive",
        "background_exit": "survive",
        "orphan_exit": "exit",
        "group_exit": "exit",
        "cancelled": "hang",
        "swallowed": "hang",
        "abort": "exit",
    }
