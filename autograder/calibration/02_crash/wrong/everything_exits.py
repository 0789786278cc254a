# fails: test_what_is_survived test_what_becomes_a_500 test_what_ends_the_process test_what_hangs
# feedback: the process lives
# %% fates
def fates():
    names = "dependency gather thread callback background_exit orphan_exit group_exit cancelled swallowed abort"
    return dict.fromkeys(names.split(), "exit")
