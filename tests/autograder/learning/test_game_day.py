"""The game day: every outage takes the service down; the draw; the timeline."""

import itertools
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograder.authoring.known import cases
from autograder.authoring.sealing import seal
from autograder.judge import Exercise, from_notebook
from autograder.learning import game_day
from autograder.learning.game_day import GameDay, Outage, draw, outages, restored_at
from course.outage import Fleet
from course.outage.telemetry.series import Telemetry
from course.outage.traffic.load import Load, Try

EXERCISE = Exercise.named("13")
[SOLUTION] = from_notebook(EXERCISE.solution)
# Each of the ten sorts once, with the first exception that can be drawn.
SORTS = {outage.module.partition("\n")[0]: outage for outage in reversed(outages())}
AT_ONCE = 3


def goes_down(outage: Outage) -> tuple[float, float]:
    """The share of valid requests served before, and at worst in any four seconds.

    Before: as soon as all is well, or after 20 s in which the fleet could run.
    """
    with Fleet(outage.release, 2, first_backoff_s=1.0) as fleet:
        told = fleet.telemetry
        fleet.start_traffic(Load(30, seed=1))

        def before(t: Telemetry) -> float:
            return t.success(t.now - 4, t.now - 2) or 0.0

        told.wait_for(lambda t: t.now > 4 and before(t) >= 0.9, 20)
        began, served = told.now, before(told)
        fleet.start_traffic(Load(30, 1 / 6, seed=1))
        worst = 1.0

        def is_down(t: Telemetry) -> bool:
            nonlocal worst
            share = t.success(t.now - 6, t.now - 2)
            if t.now >= began + 6 and share is not None:
                worst = min(worst, share)
            return worst < 0.5

        told.wait_for(is_down, 30)
        return served, worst


@pytest.mark.slow
def test_every_outage_takes_the_service_down() -> None:
    """Within half a minute, under the traffic of the game day; before, all is well."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = dict(zip(SORTS, pool.map(goes_down, SORTS.values()), strict=True))
    assert len(seen) == 10
    assert {sort for sort, (before, _) in seen.items() if before < 0.9} == set()
    assert {sort for sort, (_, worst) in seen.items() if worst >= 0.5} == set()


def test_the_sealed_outages_are_the_known_wrong_answers() -> None:
    """The same texts, and nothing of the marks in what a learner gets."""
    known = cases(EXERCISE)
    assert game_day.SEALED.read_text() == seal(known)
    sorts = {
        case.answers["lookups"].partition("\n")[0]
        for case in known
        if "outage_" in case.name
    }
    assert sorts == SORTS.keys()
    assert all("# drawn" not in outage.module for outage in outages())
    assert len({outage.module for outage in outages()}) == len(outages()) == 25


def test_a_seed_always_draws_the_same() -> None:
    """And others mostly others."""
    assert all(draw(seed) == draw(seed) for seed in range(5))
    drawn = [draw(seed).number for seed in range(400)]
    assert set(drawn) == {outage.number for outage in outages()}
    same = sum(a == b for a, b in itertools.pairwise(drawn))
    assert same / len(drawn) < 0.12


def tries(*shares: float) -> Telemetry:
    """The telemetry of ten requests in each second, of which that share is served."""
    told = Telemetry()
    for second, share in enumerate(shares):
        for n in range(10):
            due = second + n / 10
            outcome = "ok" if n < 10 * share else "server_error"
            one = Try(due, due + 0.01, outcome, 200, 1, True, None, "")  # type: ignore[arg-type]
            told.tries.append(one)
    told.now = float(len(shares))
    return told


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([1.0] * 30, None),
        ([1.0] * 5 + [0.0] * 10 + [1.0] * 20, 15.0),
        ([1.0] * 5 + [0.0] * 10 + [1.0] * 5, None),
        ([1.0] * 5 + [0.0] * 3 + [1.0] * 15 + [0.2] * 2 + [1.0] * 20, 25.0),
        ([1.0] * 5 + [0.0] * 30, None),
    ],
    ids=["never down", "back", "not for long enough", "down twice", "still down"],
)
def test_restored_is_served_for_good(
    shares: list[float], expected: float | None
) -> None:
    """From the end of the last second that was not."""
    assert restored_at(tries(*shares), 0.0) == expected


@pytest.mark.process
def test_a_day_ends_with_users_served(capsys: pytest.CaptureFixture[str]) -> None:
    """The worker's outage and the solution: notes, timeline and debrief in order."""
    worker = next(o for s, o in SORTS.items() if "in one task" in s)
    day = GameDay(worker)
    try:
        told = day.fleet.telemetry
        assert told.wait_for(lambda t: (t.success(t.now - 4, t.now - 2) or 1) < 0.2, 30)
        day.note("cause: a worker that is gone")
        mended = Outage(0, SOLUTION["lookups"]).release
        day.fleet.deploy(mended)
        day.note("deployed")
        # However long a busy machine takes to serve its users for ten seconds on end.
        assert told.wait_for(lambda t: restored_at(t, day._began) is not None, 60)
        day.timeline()
        day.debrief()
    finally:
        day.close()
    said = capsys.readouterr().out
    assert re.search(r"T\+00:\d\d  users are served again", said)
    times = re.findall(r"^(T[+-])(\d\d):(\d\d)  ", said, re.MULTILINE)
    assert len(times) >= 4
    assert "(not on record)" not in said
    assert re.search(r"the cause is known +T\+00:\d\d +June: T\+40:00", said)


@pytest.mark.process
def test_the_levers_of_the_panel_are_on_the_timeline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever pulls one need not write it down."""
    day = GameDay(Outage(0, SOLUTION["lookups"]))
    try:
        day.panel._lever("Restart", day.panel._restart, "restart").click()
        day.fleet.telemetry.wait_for(
            lambda _: any("Restart" in text for _, text in day._entries), 15
        )
        day.timeline()
    finally:
        day.close()
    assert "Restart: every replica has a new process." in capsys.readouterr().out
