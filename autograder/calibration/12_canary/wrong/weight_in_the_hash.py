# fails: test_the_slice_is_sticky
# feedback: are not after
# %% in_canary
import hashlib


def in_canary(user, release, weight):
    """Whether `user` gets `release` while it has the share `weight` of the users."""
    digest = hashlib.sha256(f"{release}\n{user}\n{weight}".encode()).digest()
    lot = int.from_bytes(digest[:8], "big") / 2**64
    return lot < weight
