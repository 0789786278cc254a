# fails: test_the_message_names_no_cause
# feedback: is a guess at this point
# %% impact
def impact(failing, minutes, deaths):
    percent = (
        "more than 99%"
        if 0.99 < failing < 1
        else "less than 1%"
        if 0 < failing < 0.01
        else f"{failing:.0%}"
    )
    return f"{percent} of valid requests fail for {minutes} min, {deaths} processes died after the deployment."
