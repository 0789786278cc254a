"""Warms up hypothesis in the fork server of learner code, for forks that run suites.

Importing hypothesis takes half a second, and its first text another half: it reads the
Unicode database then, and in a sandbox it has no place to cache the result.
"""

import hypothesis
from hypothesis import strategies

hypothesis.find(
    strategies.tuples(strategies.text(), strategies.integers()),
    lambda found: True,
    settings=hypothesis.settings(database=None, phases=[hypothesis.Phase.generate]),
)
