# %% fates
def fates():
    names = "dependency gather thread callback background_exit orphan_exit group_exit cancelled swallowed abort"
    return dict.fromkeys(names.split(), "exit")
