# %% impact
def impact(failing, minutes, deaths):
    return (
        f"We are seeing {failing * 100:.1f}% of valid requests to the Orders API fail."
        f" Since: {minutes} minutes. Server processes died so far: {deaths}. Investigating."
    )
