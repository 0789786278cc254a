# fails: test_swallowed_cancellation_is_found test_honest_handlers_are_left_alone
# feedback: snippets like it are wrong
# %% checker
import re


def swallows_cancellation(source):
    return [
        number
        for number, line in enumerate(source.splitlines(), start=1)
        if re.match(r"\s+except( BaseException| asyncio.CancelledError)?:", line)
    ]
