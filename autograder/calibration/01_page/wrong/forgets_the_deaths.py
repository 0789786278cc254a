# fails: test_the_message_says_how_bad
# feedback: the number of deaths
# %% impact
def impact(failing, minutes, deaths):
    percent = (
        "more than 99%"
        if 0.99 < failing < 1
        else "less than 1%"
        if 0 < failing < 0.01
        else f"{failing:.0%}"
    )
    return f"Orders API: {percent} of valid requests have failed for {minutes} minutes. Processes are dying."
