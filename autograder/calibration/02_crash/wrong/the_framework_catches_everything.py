# fails: test_what_ends_the_process
# feedback: the process ended
# %% fates
def fates():
    return {
        "dependency": "500",
        "gather": "survive",
        "thread": "survive",
        "callback": "survive",
        "background_exit": "survive",
        "orphan_exit": "survive",
        "group_exit": "500",
        "cancelled": "500",
        "swallowed": "hang",
        "abort": "exit",
    }
