"""The game day: an outage for each learner, an incident panel, and a timeline.

The outages are the known wrong answers of exercise 13 that are called outage_*, sealed
(base64) by `outage build`, so that nobody reads one by accident. A seed in the
learner's journal decides which of them it is, and which exception it raises.
"""

import base64
import json
import random
import re
import secrets
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from IPython import get_ipython

from course.learner import JournalNotWritten
from course.learner.curriculum import MODULES
from course.outage import Release
from course.outage.incident.june import TIMELINE
from course.outage.telemetry.series import Telemetry
from course.outage.traffic import wire
from course.outage.traffic.load import Load
from course.outage.traffic.retries import Retries
from course.panel import IncidentPanel
from course.panel.starting import Starting

from .checking import learners_journal, release_of

EXERCISE, MODULE = "13", "lookups.py"
SEALED = MODULES / "13_game_day" / "outages.sealed"
SEED = "game day"

# In an outage's source, a line with this mark names the exception to be drawn.
DRAWN = re.compile(r"KeyError(.*)  # drawn$", re.MULTILINE)
EXCEPTIONS = ("KeyError", "TypeError", "AttributeError", "ValueError")

WARM_UP_S = 5.0
RATE, MALFORMED, LONGEST_S = 30.0, 1 / 6, 1800.0
PATIENT = Retries(retries=1, delay_s=0.2)

# The service is restored once this share of valid requests is served for that long.
RESTORED, RESTORED_FOR_S = 0.95, 10.0


@dataclass(frozen=True)
class Outage:
    """The faulty `module` of one learner; `number` only tells outages apart."""

    number: int
    module: str

    @property
    def release(self) -> Release:
        """Return the faulty release, which was deployed this morning."""
        drill = Release.named("drill")
        return drill.called("this morning's").replace(MODULE, self.module)


def outages() -> list[Outage]:
    """Return every outage with every exception that can be drawn."""
    texts = json.loads(base64.b64decode(SEALED.read_text()))
    modules = [
        module
        for text in texts
        for module in dict.fromkeys(
            DRAWN.sub(rf"{exception}\1", text) for exception in EXCEPTIONS
        )
    ]
    return [Outage(number, module) for number, module in enumerate(modules, start=1)]


def draw(seed: int) -> Outage:
    """Draw an outage by `seed`: first one of the kinds, then one of its exceptions."""
    rng = random.Random(f"{SEED} {seed}")
    kinds: dict[str, list[Outage]] = {}
    for outage in outages():
        kinds.setdefault(outage.module.partition("\n")[0], []).append(outage)
    return rng.choice(kinds[rng.choice(sorted(kinds))])


def my_outage() -> Outage:
    """Return the learner's outage: drawn on the first call, and always the same."""
    journal = learners_journal()
    seeds = [event["seed"] for event in journal.events() if event["kind"] == SEED]
    if not seeds:
        seeds = [secrets.randbits(32)]
        try:
            journal.tell(SEED, seed=seeds[0])
        except JournalNotWritten as exc:
            print(exc)
    return draw(seeds[0])


def open_module() -> None:
    """Replace the cell that calls this by the text of the faulty module."""
    module = my_outage().module
    shell = get_ipython()
    if shell is not None:
        shell.set_next_input(module.rstrip(), replace=True)
    print("The module stands in the cell above now. Edit it there, and run the cell.")
    print("If the cell has not changed, put these lines into it:\n")
    print(module)


@dataclass(frozen=True)
class Entry:
    """A line of the timeline, `at` seconds after the alert."""

    at: float
    text: str

    @property
    def clock(self) -> str:
        """Return the time since the alert, such as T+02:10."""
        sign, seconds = "-" if self.at < 0 else "+", abs(round(self.at))
        return f"T{sign}{seconds // 60:02}:{seconds % 60:02}"

    def __str__(self) -> str:
        return f"{self.clock}  {self.text}"


class GameDay:
    """A fleet of the faulty release under traffic, the panel, and a timeline.

    After WARM_UP_S seconds of valid traffic, the share `malformed` of it is malformed.
    The fleet ends with `close` or with the kernel, the traffic after half an hour.
    Raises OutageError.
    """

    def __init__(
        self, outage: Outage | None = None, malformed: float = MALFORMED
    ) -> None:
        outage = outage or my_outage()
        warm_up = Load(RATE, seed=outage.number, retries=PATIENT)
        with Starting(outage.release, replicas=2, first_backoff_s=1.0) as starting:
            self.fleet = starting.fleet()
            starting.wait_for(warm_up)
            self.fleet.start_traffic(warm_up)
            telemetry = self.fleet.telemetry
            telemetry.wait_for(lambda t: t.now > WARM_UP_S, 2 * WARM_UP_S)
        self._load = Load(
            RATE, malformed, seed=outage.number, seconds=LONGEST_S, retries=PATIENT
        )
        self.panel = IncidentPanel(
            self.fleet,
            self._load,
            outage.release,
            minutes_per_s=1 / 60,
            on_lever=self._noted,
        )
        self._entries: list[tuple[float, str]] = []
        self._fixes = 0
        self._began = telemetry.now
        self.fleet.start_traffic(self._load)

    def show(self) -> None:
        """Show the panel below the cell."""
        self.panel.show()

    def note(self, text: str) -> None:
        """Add a line to the timeline. Begin it with "cause:" once you know that."""
        print(self._entry(*self._noted(text)))

    def deploy(self, answer: Any) -> None:
        """Roll out the cell that defines `answer`. Raises OutageError, JudgeError."""
        release = release_of(EXERCISE, answer)
        self._fixes += 1
        name = f"fix {self._fixes}"
        self.fleet.deploy(release.called(name))
        self.note(f"deployed {name}")

    def ask(self, raw: bytes, within_s: float = 2.0) -> wire.Response:
        """Send one request to the first replica, and return what came back in time.

        `within_s` counts seconds in which the fleet could run. Raises MachineTooBusy.
        """
        limit = self.fleet.telemetry.limit("an answer", within_s)
        return wire.send(self.fleet.replica_addresses[0], raw, limit=limit)

    def metrics(self) -> None:
        """Print some of each replica's metrics, from its newest scrape."""
        newest = {scrape.replica: scrape for scrape in self.fleet.telemetry.scrapes}
        for replica, scrape in sorted(newest.items()):
            print(f"replica {replica}, process {scrape.pid}, second {scrape.t:.0f}")
            for metric in scrape.metrics:
                if str(metric).startswith(
                    ("directory", "db_pool", 'http_requests_total{route="/ord')
                ):
                    print(f"    {metric} {metric.value:g}")

    def timeline(self) -> None:
        """Print the timeline: what happened, and when since the alert."""
        for entry in self._timeline():
            print(entry)

    def debrief(self) -> None:
        """Print this day's milestones beside June's."""
        entries = self._timeline()
        automatic = {ALERT, COMPLAINT, BACK}
        after = [e for e in entries if e.at >= 0 and e.text not in automatic]
        milestones = {
            "somebody acts": next(iter(after), None),
            "the cause is known": next(
                (e for e in after if e.text.lower().startswith("cause")), None
            ),
            "users are served again": next(
                (e for e in entries if e.text == BACK), None
            ),
        }
        june = dict(zip(milestones, JUNE, strict=True))
        for milestone, entry in milestones.items():
            clock = "(not on record)" if entry is None else entry.clock
            print(f"{milestone:24} {clock:16} June: T+{june[milestone]:02}:00")

    def close(self) -> None:
        """Replace the panel by a still picture, and end the fleet."""
        self.panel.close()
        self.fleet.close()

    def _noted(self, text: str) -> tuple[float, str]:
        self._entries.append((self.fleet.telemetry.now, text))
        return self._entries[-1]

    def _entry(self, t: float, text: str) -> Entry:
        paged, _ = self._paged()
        return Entry(t - paged, text)

    def _paged(self) -> tuple[float, str]:
        """Return when somebody was alerted, and whether by the alert or by users."""
        until = min(self.fleet.telemetry.now, self._began + COMPLAINT_AFTER_S)
        alerted_s = self.panel.view.alerted_s
        if alerted_s is not None and alerted_s <= until:
            return alerted_s, ALERT
        return until, COMPLAINT

    def _timeline(self) -> list[Entry]:
        telemetry = self.fleet.telemetry
        events = [*self._entries, (self._began, "the first malformed requests arrive")]
        events.append(self._paged())
        if (back := restored_at(telemetry, self._began)) is not None:
            events.append((back, BACK))
        return [self._entry(*event) for event in sorted(events)]


ALERT = "the alert fires"
COMPLAINT = "users complain; no alert has fired"
COMPLAINT_AFTER_S = 30.0
BACK = "users are served again"
# Minutes in June's timeline: acknowledged, cause found, error rates back to normal.
JUNE = tuple(
    next(minutes for minutes, event in TIMELINE.items() if phrase in event)
    for phrase in ("confirms the issue", "found:", "back to normal")
)


def restored_at(telemetry: Telemetry, since: float) -> float | None:
    """Return the second from which valid requests were served again after an outage.

    None if they have been served at all times since `since`, or are not served now.
    """
    tries = list(telemetry.tries)
    valid = [t for t in tries if t.last and not t.malformed and t.due >= since]
    served: dict[int, list[bool]] = defaultdict(list)
    for tried in valid:
        served[int(tried.due - since)].append(tried.outcome == "ok")
    # Requests that were due in the last seconds may still be under way.
    seconds = range(int(telemetry.now - since - RESTORED_FOR_S / 2))
    down = [n for n in seconds if sum(served[n]) < RESTORED * max(1, len(served[n]))]
    if not down:
        return None
    after = since + down[-1] + 1
    now = telemetry.now
    back = min((tried.due for tried in valid if tried.due >= after), default=now)
    return back if now - back > RESTORED_FOR_S else None
