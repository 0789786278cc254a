"""The incident desk: answers from telemetry, and the minutes that they cost."""

import pytest

from course.outage.incident.desk import QUESTIONS, Desk
from course.outage.telemetry.recording import june


@pytest.fixture(scope="module")
def desk() -> Desk:
    told = june()
    return Desk(told, min(t.due for t in told.tries if t.malformed))


def test_each_question_has_an_answer_and_a_price(desk: Desk) -> None:
    """The clock runs on from 14:15."""
    asking = Desk(desk.telemetry, desk.since)
    assert asking.clock == "14:15"
    for spent, name in enumerate(QUESTIONS, start=1):
        answer = asking.ask(name)
        assert answer.startswith(asking.clock)
        assert len(asking.asked) == spent
    assert asking.minutes == sum(q.minutes for q in QUESTIONS.values())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("last words", "in resolve"),
        ("last lines", "CancelledError"),
        ("pool", "in 0 of"),
        ("database probe", "0 of"),
    ],
)
def test_the_recorded_outage_tells_its_story(desk: Desk, name: str, says: str) -> None:
    """An innocent database, and deaths in one place."""
    assert says in desk.ask(name)
