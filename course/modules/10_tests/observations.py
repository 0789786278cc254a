"""Settles the predictions of lesson 10; course/modules/README.md says how."""

from collections.abc import Mapping, Sequence

from course.panel import Observed


def worth(failed: Mapping[str, Sequence[str]]) -> Observed:
    """How many of the faulty releases made a test of the suite fail."""
    found = sum(bool(tests) for tests in failed.values())
    says = "faulty releases made a test fail."
    key = "a" if not found else "b" if found < 3 else "c"
    return Observed(key, f"{found} of {len(failed)}", says)


def nan(found: Sequence[str]) -> Observed:
    """Whether Schemathesis, given a valid header, has seen an answer with a 5xx."""
    [totals] = [line for line in found if " generated" in line]
    requests = totals.partition(" ")[0]
    if any("Server error" in line for line in found):
        return Observed("a", requests, "requests sent, and a 500 among the answers.")
    says = "requests sent, and no answer was a 5xx."
    return Observed("b", requests, says)
