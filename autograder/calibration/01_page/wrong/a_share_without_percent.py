# fails: test_the_message_says_how_bad
# feedback: a percentage that says
# %% impact
def impact(failing, minutes, deaths):
    return f"Orders API: a share of {failing} of valid requests fails for {minutes} min; {deaths} processes died."
