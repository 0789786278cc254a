"""Imported by the fork server of learner code, for the forks that run a test suite.

Importing hypothesis takes half a second, and its first text another one: it reads the
Unicode database then, and in a sandbox it has nowhere to keep what it found.
"""

import hypothesis
from hypothesis import strategies

hypothesis.find(
    strategies.text(), lambda text: True, settings=hypothesis.settings(database=None)
)
