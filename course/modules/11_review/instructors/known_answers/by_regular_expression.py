# %% checker
import re


def swallows_cancellation(source):
    return [
        number
        for number, line in enumerate(source.splitlines(), start=1)
        if re.match(r"\s+except( BaseException| asyncio.CancelledError)?:", line)
    ]
