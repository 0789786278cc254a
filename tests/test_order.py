"""The order in which workers take the tests."""

from tests.order import LONGEST, WAITING, interleaved, seconds


def test_those_that_wait_run_beside_those_that_need_a_core() -> None:
    """Two queues come to their ends together, each in its own order."""
    short = [f"short {n}" for n in range(8)]
    hour = ["lab", "nbgrader", *short]
    queue = interleaved(hour, ["tests/course/outage/incident/test_replay.py", "x", "y"])
    assert [unit for unit in queue if unit in hour] == hour
    assert queue[:2] == ["lab", "tests/course/outage/incident/test_replay.py"]
    assert queue.index("x") > queue.index("nbgrader")
    assert interleaved(["x"]) == ["x"]


def test_a_unit_takes_what_the_longest_beginning_says() -> None:
    """Any other one takes a moment; and what waits is on record."""
    lesson = "tests/test_lessons.py::test_a_lesson_runs_and_observes_what_it_teaches"
    assert seconds(f"{lesson}[13_game_day]") > seconds(f"{lesson}[04_line]") > 0
    assert seconds("tests/test_order.py") == 0.5
    recorded = "".join(LONGEST)
    for beginning in WAITING:
        assert beginning in recorded, beginning
