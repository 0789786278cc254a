# fails: test_what_hangs
# feedback: whether that can still come
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
        "cancelled": "500",
        "swallowed": "survive",
        "abort": "exit",
    }
