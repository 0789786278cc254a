# fails: test_the_message_says_how_bad
# feedback: does not claim all or none
# %% impact
def impact(failing, minutes, deaths):
    return f"Orders API: {failing:.0%} of valid requests fail for {minutes} min; {deaths} processes died; cause unknown."
