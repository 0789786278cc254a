# fails: test_the_message_says_how_bad
# feedback: a percentage that says
# %% impact
def impact(failing, minutes, deaths):
    return "The orders API is having problems. We are very sorry, and we are looking into it."
