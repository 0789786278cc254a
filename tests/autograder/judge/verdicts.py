"""Verdicts made by hand, where it is not judging that a test is about."""

from autograder.judge import Check, Verdict


def verdict_of(*outcomes: str, seed: int = 0, lag_s: float = 0.0) -> Verdict:
    """One on as many checks of exercise 05: test_0, test_1, two points each."""
    checks = [
        Check.model_validate(
            {"name": f"test_{n}", "title": f"Title {n}", "points": 2, "outcome": it}
        )
        for n, it in enumerate(outcomes)
    ]
    return Verdict(
        exercise="05_stop_the_bleeding",
        answers_digest="",
        checks_digest="",
        confined="limits",
        held_back=False,
        seed=seed,
        checks=checks,
        phases={},
        seconds=2,
        lag_s=lag_s,
    )
