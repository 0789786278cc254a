"""The incident desk: questions to a fleet, each of which costs minutes of the incident.

The answers are computed from telemetry when they are asked for. The minutes are the
time of such a look in practice: to find the dashboard, to write the query, to read
the result.
"""

import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from course.outage.release import Release
from course.outage.telemetry.crashes import crashes, last_exception, tracebacks
from course.outage.telemetry.series import Telemetry

from .june import JuneClock

POOL_SIZE = 4


@dataclass(frozen=True)
class Question:
    """A question, the `minutes` it costs, and the hypothesis that it can refute."""

    name: str
    minutes: int
    refutes: str
    look: Callable[[Telemetry, float], str]


def traffic(telemetry: Telemetry, since: float) -> str:
    """Return the requests a second, before the outage and during it."""
    due = [t.due for t in telemetry.tries if t.number == 1]
    before = sum(t < since for t in due) / since
    during = sum(t >= since for t in due) / (telemetry.now - since)
    return f"requests a second: {before:.0f} before, {during:.0f} during"


def outcomes(telemetry: Telemetry, since: float) -> str:
    """Return how many tries have ended with each outcome since the outage began."""
    ended = Counter(t.outcome for t in telemetry.tries if t.done >= since)
    return ", ".join(f"{name}: {count}" for name, count in ended.most_common())


def database_probe(telemetry: Telemetry, since: float) -> str:
    """Return the time of queries put to the database itself, past the service."""
    before, during = (
        [p.ms for p in telemetry.probes if (p.t >= since) == late and p.ms]
        for late in (False, True)
    )
    failed = sum(p.ms is None for p in telemetry.probes)
    return (
        f"median of a query: {_ms(before)} before, {_ms(during)} during;"
        f" {failed} of {len(telemetry.probes)} queries failed"
    )


def pool(telemetry: Telemetry, since: float) -> str:
    """Return how often all connections were in use, as the replicas report them."""
    in_use = [s.value("db_pool_in_use") for s in telemetry.scrapes]
    during = [n for n, s in zip(in_use, telemetry.scrapes, strict=True) if s.t >= since]
    full = sum(n >= POOL_SIZE for n in during)
    return f"pool of {POOL_SIZE}: all in use in {full} of {len(during)} looks during"


def last_lines(telemetry: Telemetry, since: float) -> str:
    """Return the exceptions that end the tracebacks of failed requests, with counts."""
    ends = Counter(
        last.partition(":")[0].rpartition(".")[2]
        for text in tracebacks(telemetry)
        if (last := last_exception(text))
    )
    return ", ".join(f"{name}: {count}" for name, count in ends.most_common(4))


def query_log(telemetry: Telemetry, since: float) -> str:
    """Return the number of queries of all replicas together, and their average time."""
    spent: dict[int, tuple[float, float]] = {}
    for scrape in telemetry.scrapes:
        took = scrape.value("db_query_seconds_sum")
        spent[scrape.pid] = (took, scrape.value("db_query_seconds_count"))
    took, count = (sum(part) for part in zip(*spent.values(), strict=True))
    return (
        f"{count:.0f} queries, {1000 * took / max(count, 1.0):.2f} ms each on average"
    )


def last_words(telemetry: Telemetry, since: float) -> str:
    """Return the places in the code where processes died, with counts."""
    places = Counter(crash.place for crash in crashes(telemetry) if crash.place)
    return ", ".join(f"{place}: {count}" for place, count in places.most_common())


def deployed(telemetry: Telemetry, since: float) -> str:
    """Return the modules that the last deployment changed."""
    modules = ", ".join(sorted(Release.named("bad").modules))
    return f"{modules}; the routing code itself is untouched"


QUESTIONS = {
    q.name: q
    for q in (
        Question("outcomes", 1, "", outcomes),
        Question("traffic", 1, "overload", traffic),
        Question("database probe", 2, "database", database_probe),
        Question("pool", 2, "pool", pool),
        Question("last lines", 3, "", last_lines),
        Question("last words", 4, "routing", last_words),
        Question("deployed", 5, "", deployed),
        Question("query log", 8, "database", query_log),
    )
}


@dataclass
class Desk:
    """An engineer at work on `telemetry`, of an outage that began at second `since`.

    The first question is asked at 14:15, when June's engineers settled on the database.
    """

    telemetry: Telemetry
    since: float
    asked: list[str] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        """Return the minutes spent so far."""
        return sum(QUESTIONS[name].minutes for name in self.asked)

    @property
    def minutes_testing(self) -> int:
        """Return the minutes spent so far on questions that can refute a hypothesis."""
        tests = (QUESTIONS[name] for name in self.asked)
        return sum(question.minutes for question in tests if question.refutes)

    @property
    def clock(self) -> str:
        """Return the time of day on 5 June, such as "14:16"."""
        return JuneClock(0.0, 1.0).text(15.0 + self.minutes)

    def ask(self, name: str) -> str:
        """Ask the question `name`, pay its minutes, and return the time and the answer.

        Asking again costs again. Raises KeyError for an unknown question.
        """
        question = QUESTIONS[name]
        self.asked.append(name)
        answer = question.look(self.telemetry, self.since)
        return f"{self.clock}  {name}: {answer}"


def _ms(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ms" if values else "(none)"
