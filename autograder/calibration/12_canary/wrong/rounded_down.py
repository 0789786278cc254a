# fails: test_the_bake_is_long_enough
# feedback: which way to round
# %% bake_requests
import math


def bake_requests(share, certainty):
    """How many requests until a trigger of that share has been pulled, so certainly."""
    if share == 1:
        return 1
    # log1p keeps its digits where the share is tiny.
    requests = math.log1p(-certainty) / math.log1p(-share)
    # 1 - (1 - 1/2)² is 75% exactly; rounding must not make that 3 requests.
    return max(1, math.floor(requests))
