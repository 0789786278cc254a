# fails: test_the_slice_has_its_size
# feedback: are in both
# %% in_canary
import hashlib


def in_canary(user, release, weight):
    """Whether `user` gets `release` while it has the share `weight` of the users."""
    digest = hashlib.sha256(f"{user}".encode()).digest()
    lot = int.from_bytes(digest[:8], "big") / 2**64
    return lot < weight
