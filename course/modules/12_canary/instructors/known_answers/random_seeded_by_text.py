# %% in_canary
import random


def in_canary(user, release, weight):
    return random.Random(f"{user} {release}").random() < weight
# %% bake_requests
import math


def bake_requests(share, certainty):
    if share > 0.001:
        missed, requests = 1 - share, 1
        while 1 - missed < certainty - 1e-12:
            missed *= 1 - share
            requests += 1
        return requests
    return math.ceil(math.log(1 - certainty) / math.log1p(-share))
