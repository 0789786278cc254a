"""The whole incident, compressed, against a real fleet.

This module plays and measures; `autograder.cli` shows it. The figures in the notes were
measured a moment before each was written.
"""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from course.outage.fleet.fleet import Fleet
from course.outage.release import Release
from course.outage.telemetry.alert import BurnRateAlert
from course.outage.telemetry.crashes import crashes, database_errors
from course.outage.telemetry.series import FAILURES, Telemetry
from course.outage.traffic.load import Load

from .june import TIMELINE, JuneClock

TICK_S = 0.25
MEASURED_S = 2.0  # the least time over which a share of requests is measured
SETTLE_S = 3.0  # after the first malformed request and after the restart


@dataclass(frozen=True)
class Plan:
    """The plan of a replay: `fix` is deployed at 14:45 in place of `release`.

    `seconds` is the whole run; three quarters of it stand for the 90 minutes.
    """

    release: Release
    fix: Release
    rate: float = 60.0
    malformed: float = 0.01
    seconds: float = 60.0
    replicas: int = 2
    seed: int = 0

    @property
    def minutes_per_s(self) -> float:
        """Return the June minutes that a second stands for."""
        return 90 / (0.75 * self.seconds)

    @property
    def title(self) -> str:
        """Return the traffic in words."""
        return (
            f"{self.rate:g} requests a second to {self.replicas} replicas,"
            f" {self.malformed:.0%} of them malformed"
        )


@dataclass(frozen=True)
class Summary:
    """The figures of a replay.

    `success_*` are shares of well-formed requests answered in time: `before` is until
    the first malformed request, `during` from 3 s after it to the fix, `after` from 3 s
    after the restart; None where no request was due. `timeouts`, `resets` and
    `http_500` count tries. `alert_fired_s` counts from the first malformed request,
    None if the alert never fired. `database_errors` counts the errors in the log that
    end in a database call; `db_ms_*` is the time that the database itself took for a
    query. `lag_s` is the lag of this machine in the worst second: see Telemetry.lag.
    """

    success_before: float | None
    success_during: float | None
    success_after: float | None
    restarts: int
    exit_codes: dict[str, int]
    exception_types: dict[str, int]
    requests: int
    timeouts: int
    resets: int
    http_500: int
    alert_fired_s: float | None
    database_errors: int
    db_ms_before: float | None
    db_ms_during: float | None
    seed: int
    release: str
    fix: str
    lag_s: float

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return asdict(self)


@dataclass
class Replay:
    """One run of a plan, and the state that a screen shows while `run` plays it."""

    plan: Plan
    telemetry: Telemetry = field(default_factory=Telemetry)
    clock: JuneClock | None = None
    notes: list[tuple[str, str]] = field(default_factory=list)
    alert: BurnRateAlert = field(default_factory=BurnRateAlert)
    alerting: bool = False
    poisoned_s: float | None = None
    alerted_s: float | None = None
    fixed_s: float | None = None
    restarted_s: float | None = None

    def run(self, tick: Callable[[], None] = lambda: None) -> Summary:
        """Play the plan, and return the figures.

        `tick` is called about four times a second, except in deployments. Raises
        OutageError.
        """
        plan = self.plan
        before_s = 0.1 * plan.seconds
        with Fleet(Release.named("good"), plan.replicas) as fleet:
            self.telemetry = fleet.telemetry
            fleet.start_traffic(Load(plan.rate, 0.0, plan.seed))
            self.note("13:5x", "All is well: the good release serves everyone.")
            self._wait(before_s / 2, tick)
            fleet.deploy(plan.release)
            self.note("13:5x", f"Deployed {plan.release.name!r}, replica by replica.")
            self._wait(before_s / 2, tick)
            self.poisoned_s = self.telemetry.now
            fleet.start_traffic(Load(plan.rate, plan.malformed, plan.seed + 1000))
            self._await_alert(0.15 * plan.seconds, tick)
            self._play_timeline(fleet, tick)
            # A busy machine restarts slowly; the recovery is watched all the same.
            watched_s = self.telemetry.now - (self.restarted_s or 0.0)
            self._wait(2 * SETTLE_S + MEASURED_S - watched_s, tick)
            fleet.stop_traffic()
            return self.summary()

    def note(self, when: str, text: str) -> None:
        """Add a line to the incident's log."""
        self.notes.append((when, text))

    def _await_alert(self, within_s: float, tick: Callable[[], None]) -> None:
        end = self.telemetry.now + within_s
        while not self.alerting and self.telemetry.now < end:
            self._wait(TICK_S, tick)
        self.clock = JuneClock(self.telemetry.now, self.plan.minutes_per_s)
        if self.alerting:
            self.alerted_s = self.telemetry.now

    def _play_timeline(self, fleet: Fleet, tick: Callable[[], None]) -> None:
        assert self.clock is not None
        observe = {
            0: self._saw_alert,
            2: self._saw_symptom,
            5: self._saw_500s,
            15: self._saw_database,
            25: self._saw_pattern,
            40: self._saw_cause,
            60: self._saw_recovery,
        }
        for minutes, event in TIMELINE.items():
            self._wait(self.clock.seconds(minutes) - self.telemetry.now, tick)
            when = self.clock.text(self.clock.seconds(minutes))
            saw = observe[minutes]() if minutes in observe else ""
            self.note(when, f"{event[0].upper()}{event[1:]}. {saw}".strip())
            if minutes == 45:
                self.fixed_s = self.telemetry.now
                fleet.deploy(self.plan.fix)
                self.restarted_s = self.telemetry.now

    def _wait(self, seconds: float, tick: Callable[[], None]) -> None:
        end = self.telemetry.now + seconds
        while (left := end - self.telemetry.now) > 0 and not self.telemetry.over:
            time.sleep(min(TICK_S, left))
            self.alerting = self.alert.firing(self.telemetry, self.telemetry.now)
            tick()

    # --- observations at points of the timeline, each measured at that moment

    def _saw_alert(self) -> str:
        if self.alerted_s is None:
            return "Not today: no alert has fired, this release withstands the traffic."
        burn = self.alert.burn_rate(self.telemetry, self.telemetry.now, 2.5)
        return f"The error budget burns {burn:.0f} times too fast."

    def _saw_symptom(self) -> str:
        now = self.telemetry.now
        share = self.telemetry.error_share(now - 2.5, now) or 0.0
        return f"{share:.0%} of tries fail."

    def _saw_500s(self) -> str:
        tries = Counter(try_.outcome for try_ in self.telemetry.tries)
        failed = sum(tries[outcome] for outcome in FAILURES)
        return (
            f"Of {failed} failed tries, {tries['server_error']} got a 500,"
            f" {tries['reset']} were cut off, {tries['timeout']} timed out."
        )

    def _saw_database(self) -> str:
        errors, before, now = len(database_errors(self.telemetry)), *self._db_ms()
        if not errors:
            return "No error in the log names it."
        return (
            f"{errors} errors in the log end in a database call. But asked itself, it"
            f" answers a query in {_ms(now)}; before the outage: {_ms(before)}."
            " Refuted: it is not the database."
        )

    def _saw_pattern(self) -> str:
        died = [crash for crash in crashes(self.telemetry) if crash.place]
        if not died:
            return "No process has died."
        places = Counter(crash.place.partition(":")[0] for crash in died)
        frames = ", ".join(f"{place} ({n} times)" for place, n in places.most_common(2))
        return (
            f"{sum(places.values())} processes have died, their last frame in {frames}."
        )

    def _saw_cause(self) -> str:
        crashed = [crash for crash in crashes(self.telemetry) if crash.exception]
        if not crashed:
            return "No process has crashed."
        kinds = Counter(crash.exception for crash in crashed)
        return (
            f"{crashed[-1].place} raised {crashed[-1].exception}; so far"
            f" {', '.join(f'{kind} ×{n}' for kind, n in kinds.most_common())}."
        )

    def _saw_recovery(self) -> str:
        now = self.telemetry.now
        share = self.telemetry.error_share(now - 2.5, now) or 0.0
        return f"{share:.1%} of tries fail."

    def _db_ms(self) -> tuple[float | None, float | None]:
        """Return median query times (ms): before the outage, and during it."""
        start, end = self.poisoned_s or 0.0, self.fixed_s or self.telemetry.now
        probes = [(p.t, p.ms) for p in list(self.telemetry.probes) if p.ms is not None]
        before = [ms for t, ms in probes if t < start]
        during = [ms for t, ms in probes if start <= t < end]
        return (
            statistics.median(before) if before else None,
            statistics.median(during) if during else None,
        )

    def summary(self) -> Summary:
        """Return the figures of the run so far."""
        telemetry, plan = self.telemetry, self.plan
        first = min(
            (t.due for t in telemetry.tries if t.malformed), default=telemetry.now
        )
        fixed = self.fixed_s or telemetry.now
        restarted = self.restarted_s or telemetry.now
        # Requests still under way at the end were given up unreported.
        settled = telemetry.now - SETTLE_S
        tries = Counter(try_.outcome for try_ in telemetry.tries)
        died = crashes(telemetry)
        alerted = None if self.alerted_s is None else round(self.alerted_s - first, 2)
        db_before, db_during = self._db_ms()
        return Summary(
            success_before=telemetry.success(0.0, first),
            success_during=telemetry.success(first + SETTLE_S, fixed),
            success_after=telemetry.success(restarted + SETTLE_S, settled),
            restarts=len(died),
            exit_codes=dict(Counter(str(crash.exit_code) for crash in died)),
            exception_types=dict(Counter(crash.exception for crash in died)),
            requests=sum(try_.last for try_ in telemetry.tries),
            timeouts=tries["timeout"],
            resets=tries["reset"],
            http_500=tries["server_error"],
            alert_fired_s=alerted,
            database_errors=len(database_errors(telemetry)),
            db_ms_before=db_before,
            db_ms_during=db_during,
            seed=plan.seed,
            release=plan.release.name,
            fix=plan.fix.name,
            lag_s=round(telemetry.lag(), 3),
        )


def _ms(value: float | None) -> str:
    return "(not measured)" if value is None else f"{value:.2f} ms"
