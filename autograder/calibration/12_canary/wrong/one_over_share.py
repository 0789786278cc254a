# fails: test_the_bake_is_long_enough
# feedback: have all missed the trigger
# %% bake_requests
def bake_requests(share, certainty):
    return round(certainty / share)
