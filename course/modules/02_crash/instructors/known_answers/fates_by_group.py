# %% fates
def fates():
    survive = ["gather", "thread", "callback", "background_exit"]
    table = dict.fromkeys(survive, "survive")
    table |= dict.fromkeys(["dependency", "cancelled"], "500")
    table |= dict.fromkeys(["orphan_exit", "group_exit", "abort"], "exit")
    return table | {"swallowed": "hang"}
