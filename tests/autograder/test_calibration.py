"""The known answers of every exercise get the verdicts that they must get."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from autograder.calibrating import Calibration, Case, cases, judging
from autograder.judge import Check, Exercise, Verdict
from autograder.judge.exercise import CHECKS
from autograder.presenting import as_text
from autograder.sandbox import Confined

EXERCISES = [path.parent.name for path in sorted(CHECKS.glob("*/exercise.toml"))]
CASES = [(name, case) for name in EXERCISES for case in cases(Exercise.named(name))]


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest) -> Iterator[dict[Case, Future[Verdict]]]:
    """Of all known answers that this run asks for, several judged at a time."""
    asked = [getattr(item, "callspec", None) for item in request.session.items]
    wanted = [each.params for each in asked if each and "case" in each.params]
    pairs = [(Exercise.named(params["name"]), params["case"]) for params in wanted]
    with judging(pairs, Confined.SANDBOX) as judged:
        yield {case: verdict for (_, case), verdict in zip(pairs, judged, strict=True)}


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("name", "case"), CASES, ids=[f"{n[:2]}-{case.name}" for n, case in CASES]
)
def test_a_known_answer_gets_its_verdict(
    name: str, case: Case, verdicts: dict[Case, Future[Verdict]]
) -> None:
    """As in grading: in the sandbox, with the held-back checks."""
    verdict = verdicts[case].result()
    misses = Calibration(name).add(case, verdict)
    assert not misses, as_text(verdict)


@pytest.mark.parametrize("name", EXERCISES)
def test_there_are_enough_known_answers(name: str) -> None:
    """Four right and ten wrong ones at least; the wrong ones fail checks that exist."""
    known = cases(Exercise.named(name))
    assert sum(case.is_right for case in known) >= 4
    assert sum(not case.is_right for case in known) >= 10
    sources = "".join(
        path.read_text() for path in Exercise.named(name).checks.glob("*.py")
    )
    for case in known:
        assert all(f"def {check}(" in sources for check in case.fails), case.name
        assert case.is_right or len(case.feedback) > 5


@pytest.mark.parametrize(
    ("fails", "outcome", "feedback", "counted"),
    [
        ({"a"}, {"a": "failed", "b": "passed"}, "told", (0, 0, 0)),
        (set(), {"a": "failed", "b": "passed"}, "", (1, 0, 0)),
        (set(), {"a": "error", "b": "timed_out"}, "", (2, 0, 0)),
        ({"a"}, {"a": "passed", "b": "passed"}, "told", (0, 1, 1)),
        ({"a"}, {"a": "failed", "b": "failed"}, "other", (1, 0, 1)),
    ],
)
def test_misses_are_counted_by_kind(
    fails: set[str],
    outcome: dict[str, str],
    feedback: str,
    counted: tuple[int, int, int],
) -> None:
    """False rejects, false accepts, wrong feedback."""
    checks = [
        Check(
            name=name, title=name, points=1, outcome=was,
            feedback="" if was == "passed" else "you are told this",
        )
        for name, was in outcome.items()
    ]  # fmt: skip
    verdict = Verdict(
        exercise="x", answers_digest="", checks_digest="", confined="limits",
        held_back=True, seed=1, checks=checks, phases={}, seconds=0,
    )  # fmt: skip
    case = Case(CHECKS / "wrong" / "x.py", frozenset(fails), feedback)
    result = Calibration("x")
    result.add(case, verdict)
    assert (
        result.false_rejects, result.false_accepts, result.wrong_feedback
    ) == counted  # fmt: skip
    assert result.is_sound == (counted == (0, 0, 0))
