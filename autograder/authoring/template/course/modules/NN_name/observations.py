"""Settles the predictions of lesson NN; course/modules/README.md says how.

A function for each prediction of questions.toml, by its name. It gets what the lesson hands
to `reveal`: a Run, or whatever else its cells have brought.
"""

from course.panel import Observed


def missing(raised: Exception | None) -> Observed:
    """Return the type of what int(None) raised."""
    name = type(raised).__name__ if raised else "Nothing"
    key = {"ValueError": "a", "TypeError": "b", "Nothing": "c"}[name]
    # `figure` is shown large; `says` goes on from there to the end of the sentence.
    return Observed(key, figure=name, says="is what `int(None)` raised.")
