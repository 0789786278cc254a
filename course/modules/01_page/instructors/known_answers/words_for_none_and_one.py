# %% impact
def impact(failing, minutes, deaths):
    if failing == 1:
        share = "100%"
    elif failing > 0.99:
        share = "over 99%"
    elif 0 < failing < 0.01:
        share = "under 1%"
    else:
        share = f"{round(failing * 100)}%"
    died = {0: "no process has", 1: "one process has"}.get(
        deaths, f"{deaths} processes have"
    )
    return f"{share} of valid requests fail, for {minutes} min now; {died} died. We do not know why yet."
