"""Seals: what a check compares with, without holding it in plain text."""

import hashlib

SALT = b"outage"


def sealed(*fields: object) -> str:
    """Return a hash of `fields`, from which nobody reads them by looking."""
    text = "\0".join(map(str, fields)).encode()
    return hashlib.scrypt(text, salt=SALT, n=2**11, r=8, p=1, dklen=16).hex()
