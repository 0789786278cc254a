"""The telemetry of a fleet: tries, processes, scrapes, probes, logs, beats, in time.

The fleet's supervisor reported all of it as it happened. Times are in seconds since the
fleet started, on its own clock, which counts only time in which it could run. Reading
is safe while events come in.

Twenty times a second comes a beat: it says how much of the time since the last one was
lost because the fleet's processes, or the traffic, had to wait for a processor. Limits
go by the time of the last beat: all events reported before it are known, so an event
that has not come by the end of a limit did not happen in time, however busy the machine
is.
"""

import bisect
import math
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from course.outage.lag import NAP_S, Limit
from course.outage.traffic.load import Try
from course.outage.traffic.retries import Retries
from course.outage.traffic.wire import Outcome

from .events import (
    Beat,
    Exit,
    LogEntry,
    Metric,
    Probe,
    ProcessEvent,
    Scrape,
    as_dataclass,
)

LOG_RECORDS_KEPT = 20_000  # about 26 MB of them
T = TypeVar("T")
FAILURES: frozenset[Outcome] = frozenset({"server_error", "reset", "timeout"})


@dataclass(frozen=True)
class Sample:
    """One step of the time series; rates are per second, shares from 0 to 1.

    Tries count in the step in which they ended; `error_share` is the share of those
    that failed through no fault of the client. Latencies are of successful requests,
    from the moment they were due. `db_ms` is the time of a query put to the database
    from outside, and `db_pool_in_use` the most connections in use in any replica, both
    when they were looked at. Each is None where nothing was measured.
    """

    t: float
    rate: float
    good_rate: float
    error_share: float
    server_errors: int
    resets: int
    timeouts: int
    p50_ms: float | None
    p99_ms: float | None
    replicas_up: int
    restarts: int
    db_ms: float | None
    db_pool_in_use: float | None


class Telemetry:
    """The events of one fleet, and the figures that an incident needs of them."""

    def __init__(self) -> None:
        self.tries: list[Try] = []
        self.processes: list[ProcessEvent] = []
        self.scrapes: list[Scrape] = []
        self.probes: list[Probe] = []
        self.logs: deque[LogEntry] = deque(maxlen=LOG_RECORDS_KEPT)
        self.beats: list[Beat] = []
        self.now = 0.0
        self.over = False
        self._events = 0
        self._samples: dict[float, list[Sample]] = {}
        self._changed = threading.Condition(threading.RLock())

    def add(self, event: dict[str, Any]) -> None:
        """Take in one event, as the supervisor reported it."""
        with self._changed:
            self.now = event["t"]
            self._events += 1
            match event["kind"]:
                case "try":
                    self.tries.append(as_dataclass(Try, event))
                case "process":
                    kind = Exit if event["state"] == "exited" else ProcessEvent
                    self.processes.append(as_dataclass(kind, event))
                case "scrape":
                    metrics = [Metric(*metric) for metric in event["metrics"]]
                    scrape = as_dataclass(Scrape, {**event, "metrics": metrics})
                    self.scrapes.append(scrape)
                case "probe":
                    self.probes.append(as_dataclass(Probe, event))
                case "log":
                    self.logs.append(as_dataclass(LogEntry, event))
                case "beat":
                    self.beats.append(as_dataclass(Beat, event))
            self._changed.notify_all()

    def end(self) -> None:
        """Take note that no event will follow."""
        with self._changed:
            self.over = True
            self._events += 1
            self._changed.notify_all()

    def wait_for(
        self,
        condition: Callable[["Telemetry"], bool],
        within_s: float,
        what: str = "an event of the fleet",
    ) -> bool:
        """Wait until `condition` holds of this; return False if it did not in time.

        `within_s` counts seconds in which the fleet could run. If it got too few of
        them, raises MachineTooBusy, which names `what` was waited for.
        """
        limit = self.limit(what, within_s)
        while True:
            events = self._events
            over = self.over
            if condition(self):  # which may take its time, and send requests
                return True
            if over or not (left_s := limit.left_s()):
                return False
            with self._changed:
                if self._events == events:
                    self._changed.wait(min(NAP_S, left_s))

    def wait(self, seconds: float) -> None:
        """Wait until the fleet could run for `seconds` more. Raises MachineTooBusy."""
        self.wait_for(lambda _: False, seconds, f"{seconds:g} s of the fleet's time")

    def limit(self, what: str, seconds: float) -> Limit:
        """Return a limit that begins now, in seconds in which the fleet could run."""
        return Limit(what, seconds, self.ran_s if self.beats else time.monotonic)

    def ran_s(self) -> float:
        """Return the seconds in which the fleet could run, up to the last beat."""
        return self.beats[-1].t if self.beats else 0.0

    def snapshot(self) -> "Telemetry":
        """Return a copy of all events so far, to which nothing is added."""
        copy = Telemetry()
        with self._changed:
            for name in ("tries", "processes", "scrapes", "probes", "logs", "beats"):
                getattr(copy, name).extend(getattr(self, name))
            copy.now, copy.over = self.now, True
        return copy

    def lag(self, since: float = 0.0, until: float = math.inf) -> float:
        """Return the lag of this machine from `since` to `until`, in seconds.

        It is the most time, in any one second, that the fleet's processes were ready to
        run and got no processor, or that the traffic was late; 0 if there was none.
        """
        with self._changed:
            beats = _since(self.beats, since, lambda beat: beat.t)
        second: deque[Beat] = deque()  # the beats of the last one
        worst = passed = lost = 0.0
        for beat in beats:
            if beat.t > until:
                break
            second.append(beat)
            passed, lost = passed + beat.passed_s, lost + beat.lost_s
            while passed > 1.0 and len(second) > 1:
                first = second.popleft()
                passed, lost = passed - first.passed_s, lost - first.lost_s
            worst = max(worst, lost)
        return min(worst, 1.0)

    def slowdown(self, since: float = 0.0) -> float:
        """Return the seconds by the wall clock that one of the fleet's seconds takes.

        It is measured from second `since` on. On a quiet machine it is 1.
        """
        with self._changed:
            beats = _since(self.beats, since, lambda beat: beat.t)
        if len(beats) < 2:
            return 1.0
        gained_s = beats[-1].t - beats.popleft().t
        return max(1.0, sum(beat.passed_s for beat in beats) / gained_s)

    def log_entries(self) -> list[LogEntry]:
        """Return the lines that replicas have logged, the last 20,000."""
        with self._changed:
            return list(self.logs)

    def ready(self) -> int:
        """Return the number of replicas that are ready now."""
        return self._states().count("ready")

    def down(self) -> int:
        """Return the number of replicas given up; they are not started again."""
        return self._states().count("down")

    def _states(self) -> list[str]:
        with self._changed:
            states = {event.replica: event.state for event in self.processes}
        return list(states.values())

    def exits(self) -> list[Exit]:
        """Return the exits of processes that nobody had asked to stop, in order."""
        with self._changed:
            return unasked(self.processes)

    def success(
        self, since: float, until: float, within_s: float = Retries.timeout_s
    ) -> float | None:
        """Return the share of well-formed requests due in [since, until) that succeed.

        They succeed if they are answered with 2xx within `within_s` seconds of being
        due; left out, that is the client's time-out. None if no such request has ended.
        """
        with self._changed:
            succeeded = [
                try_.outcome == "ok" and try_.latency_s <= within_s
                for try_ in self.tries
                if try_.last and try_.malformed is None and since <= try_.due < until
            ]
        return statistics.fmean(succeeded) if succeeded else None

    def error_share(self, since: float, until: float) -> float | None:
        """Return the share of tries ended in [since, until] that the service failed.

        None if no try ended then.
        """
        with self._changed:
            tries = _since(self.tries, since, lambda try_: try_.done)
        ended = [try_.outcome in FAILURES for try_ in tries if try_.done <= until]
        return statistics.fmean(ended) if ended else None

    def series(self, step_s: float = 0.5, last_s: float | None = None) -> list[Sample]:
        """Return a sample for each complete step so far, each of `step_s` seconds.

        With `last_s`, return those of the last so many seconds alone.
        """
        with self._changed:
            steps = int(self.now / step_s)
            samples = self._samples.setdefault(step_s, [])
            # A complete step stays as it is: charts ask four times a second.
            first = len(samples)
            tries = _since(self.tries, first * step_s, lambda try_: try_.done)
            scrapes = _since(self.scrapes, first * step_s, lambda event: event.t)
            probes = _since(self.probes, first * step_s, lambda event: event.t)
            for step in range(first, steps):
                end = (step + 1) * step_s
                ended = _taken_until(tries, end, lambda try_: try_.done)
                scraped = _taken_until(scrapes, end, lambda event: event.t)
                probed = _taken_until(probes, end, lambda event: event.t)
                past = [event for event in self.processes if event.t < end]
                start = step * step_s
                samples.append(_sample(start, step_s, ended, scraped, probed, past))
            return samples[max(0, steps - int(last_s / step_s)) if last_s else 0 :]


def unasked(processes: Iterable[ProcessEvent]) -> list[Exit]:
    """Return the exits among `processes` that nobody had asked for."""
    return [e for e in processes if isinstance(e, Exit) and not e.asked]


def _since(items: list[T], start: float, when: Callable[[T], float]) -> deque[T]:
    # Events arrive in the order of their times.
    return deque(items[bisect.bisect_left(items, start, key=when) :])


def _taken_until(items: deque[T], end: float, when: Callable[[T], float]) -> list[T]:
    taken = []
    while items and when(items[0]) < end:
        taken.append(items.popleft())
    return taken


def _sample(
    t: float,
    step_s: float,
    tries: list[Try],
    scrapes: list[Scrape],
    probes: list[Probe],
    processes: list[ProcessEvent],
) -> Sample:
    outcomes = Counter(try_.outcome for try_ in tries)
    good = sorted(try_.latency_s * 1000 for try_ in tries if try_.outcome == "ok")
    failed = sum(outcomes[outcome] for outcome in FAILURES)
    states = {event.replica: event.state for event in processes}
    queries = [probe.ms for probe in probes if probe.ms is not None]
    in_use = [scrape.value("db_pool_in_use") for scrape in scrapes]
    return Sample(
        t=t,
        rate=len(tries) / step_s,
        good_rate=outcomes["ok"] / step_s,
        error_share=failed / len(tries) if tries else 0.0,
        server_errors=outcomes["server_error"],
        resets=outcomes["reset"],
        timeouts=outcomes["timeout"],
        p50_ms=statistics.median(good) if good else None,
        p99_ms=good[int(0.99 * (len(good) - 1))] if good else None,
        replicas_up=list(states.values()).count("ready"),
        restarts=len(unasked(processes)),
        db_ms=statistics.fmean(queries) if queries else None,
        db_pool_in_use=max(in_use, default=None),
    )
