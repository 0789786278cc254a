"""The runs of a lesson: the telemetry and the moments of a cell, as at its end.

A `Stage` has one fleet at a time; each cell that does something to it is a `Run`. A
lesson computes each figure that it names from the run, be it live or recorded.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from course.learner import modules
from course.outage import Fleet, OutageError, Release
from course.outage.errors import MachineTooBusy
from course.outage.telemetry.events import Exit
from course.outage.telemetry.recording import Scene, load_scene
from course.outage.telemetry.series import Telemetry
from course.outage.traffic.load import Load, Try
from course.outage.traffic.retries import Retries

from .live import MINUTES_PER_S, LiveView, picture_of
from .starting import Starting

# Requests due in the last second of a run may still have been under way at its end.
UNDER_WAY_S = 1.0
SERVES_WITHIN_S = 20.0
FIRST_SECOND = "the first second of requests that are served"
T = TypeVar("T")


class RunIncomplete(OutageError):
    """The run `name` has not come to its end, so there is nothing to say of it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The run “{name}” has not come to its end: run the cell with {name!r} in"
            " it again, then this one."
        )
        self.name = name


class Run:
    """The telemetry of a fleet from second `began` to `ended`, and moments in between.

    `run["deployed"]` is the second at which `run.mark("deployed")` was called. Once the
    run has ended, `telemetry` stays as it was then; `fleets` holds the telemetry of all
    fleets that took part, by name, that of the stage's fleet under "". Every question
    to a run that did not come to its end raises RunIncomplete.
    """

    def __init__(self, lesson: str, name: str) -> None:
        self.lesson, self.name = lesson, name
        self.title = name
        self.recorded = self.complete = False
        self._marks: dict[str, float] = {}
        self._fleets: dict[str, Telemetry] = {}
        self._view: LiveView | None = None
        self._error: OutageError | None = None

    # --- while the run goes on

    @property
    def fleet(self) -> Fleet:
        """Return the fleet, while the run goes on. Raises RunIncomplete."""
        if self._view is None:
            raise self._error or RunIncomplete(self.name)
        return self._view.fleet

    def begin(self, view: LiveView) -> None:
        """Begin the run, which keeps the events of the fleet in `view` from now on."""
        self._view = view
        self._fleets[""] = view.fleet.telemetry
        self.mark("began")

    def fail(self, error: OutageError) -> None:
        """Let every question to the run raise `error`."""
        self._error = error

    def mark(self, moment: str) -> None:
        """Keep the present second as `moment`."""
        self._marks[moment] = self.telemetry.now

    def join(self, name: str, fleet: Fleet) -> None:
        """Keep the events of another fleet, too, under `name`."""
        self._fleets[name] = fleet.telemetry

    def watch(self, seconds: float, title: str) -> None:
        """Show the fleet while it could run for `seconds`. Raises MachineTooBusy."""
        self.title = title
        if self._view is None:
            raise self._error or RunIncomplete(self.name)
        self._view.watch(seconds, title)

    def end(self) -> None:
        """End the run: keep the events so far, and take in no more."""
        if self._error:
            raise self._error
        if self._view and not self._view.stopped:
            self.mark("ended")
            self._fleets = {name: t.snapshot() for name, t in self._fleets.items()}
            self.complete = True

    def drop(self) -> None:
        """Let go of the fleet."""
        self._view = self._error = None

    # --- questions to the run

    def __getitem__(self, moment: str) -> float:
        return self._if_known(self._marks)[moment]

    @property
    def fleets(self) -> dict[str, Telemetry]:
        """Return the telemetry of each fleet, by name. Raises RunIncomplete."""
        return self._if_known(self._fleets)

    @property
    def telemetry(self) -> Telemetry:
        """Return the telemetry of the stage's fleet. Raises RunIncomplete."""
        return self.fleets[""]

    @property
    def lag(self) -> float:
        """Return the lag of this machine in the worst second (s): see Telemetry.lag."""
        return self.telemetry.lag(self["began"], self["ended"])

    def served(
        self,
        since: float,
        until: float | None = None,
        within_s: float = Retries.timeout_s,
    ) -> float:
        """Return the share of well-formed requests due in that time that were served.

        They are served if they were answered within `within_s` seconds of being due;
        left out, that is the client's time-out. 0.0 if no such request has ended. Left
        out, `until` is UNDER_WAY_S before the end of the run.
        """
        until = self["ended"] - UNDER_WAY_S if until is None else until
        return self.telemetry.success(since, until, within_s) or 0.0

    def tries(self, since: float, until: float) -> list[Try]:
        """Return the tries that have ended of requests due in [since, until)."""
        return [t for t in self.telemetry.tries if since <= t.due < until]

    def deaths(self, since: float = 0.0) -> list[Exit]:
        """Return the exits that nobody had asked for, from second `since` on."""
        return [end for end in self.telemetry.exits() if end.t >= since]

    def picture(self) -> str:
        """Return the chart of the fleet at the end of the run, as HTML."""
        where = f"{self.title} (recorded)" if self.recorded else self.title
        return picture_of(self.telemetry, where, is_incident(self.lesson))

    # --- kept in a file

    def scene(self) -> Scene:
        """Return the run as it is kept in a file. Raises RunIncomplete."""
        return Scene(self.name, self.title, self._if_known(self._marks), self.fleets)

    @classmethod
    def of_recording(cls, lesson: str, name: str) -> "Run":
        """Return the recorded run `name` of `lesson`. Raises RecordingUnreadable."""
        scene = load_scene(lesson, name)
        run = cls(lesson, name)
        run.title, run._marks, run._fleets = scene.title, scene.marks, scene.fleets
        run.recorded = run.complete = True
        return run

    def _if_known(self, value: T) -> T:
        if not self.complete and self._view is None:
            raise self._error or RunIncomplete(self.name)
        return value


class Stage:
    """Where the runs of `lesson`, such as "01", take place: one fleet at a time.

        stage = Stage("01")
        with stage.run("deployed", good, Load(rate=60)) as deployed:
            deployed.fleet.deploy(bad)
            deployed.watch(8, "The new release is out")

    Running such a cell again starts its run anew.
    """

    def __init__(self, lesson: str, minutes_per_s: float = MINUTES_PER_S) -> None:
        self.lesson, self.minutes_per_s = lesson, minutes_per_s
        self._view: LiveView | None = None
        self._runs: dict[str, Run] = {}
        self._latest: Run | None = None

    @property
    def view(self) -> LiveView:
        """Return the present fleet's view. Raises RunIncomplete if there is none."""
        if self._view is None:
            raise RunIncomplete(next(iter(self._runs), self.lesson))
        return self._view

    @property
    def fleet(self) -> Fleet:
        """Return the present fleet. Raises RunIncomplete if there is none."""
        return self.view.fleet

    @contextmanager
    def run(
        self,
        name: str,
        on: Release | Fleet,
        load: Load | None = None,
        after: Run | None = None,
        **options: Any,
    ) -> Iterator[Run]:
        """Yield a run on a new fleet of the release `on` that serves `load`.

        Its other `options` are those of Fleet. Where the run `after` was the last and
        came to its end, the run goes on with the fleet as that one has left it; `on`
        may also be a fleet. Raises OutageError.
        """
        if earlier := self._runs.pop(name, None):
            earlier.complete = False  # the fleet will not stay as it has left it
        goes_on = after is not None and after is self._latest and after.complete
        run = self._runs[name] = self._latest = Run(self.lesson, name)
        try:
            if not (goes_on and self._lives()):
                self._open(on, load, options)
            run.begin(self.view)
        except OutageError as exc:
            # Raised in the block: then its name is bound, for cells that come after.
            run.fail(exc)
        try:
            yield run
            run.end()
        finally:
            run.drop()

    def close(self) -> None:
        """End the fleet, if there is one."""
        if self._view is not None:
            self._view.fleet.close()
            self._view = None

    def _lives(self) -> bool:
        return self._view is not None and not self._view.fleet.telemetry.over

    def _open(
        self, on: Release | Fleet, load: Load | None, options: dict[str, Any]
    ) -> None:
        if isinstance(on, Fleet):
            self._view = self._view_of(on)
            return
        self.close()
        with Starting(on, **({"replicas": 2} | options)) as starting:
            fleet = starting.fleet()
            self._view = self._view_of(fleet)
            if load:
                fleet.start_traffic(load)
                starting.wait_for(load)
                # A run shows failures only of a load that this machine has served
                # before. Traffic that is malformed from the start is not waited for.
                if not load.malformed:
                    _wait_until_served(fleet.telemetry, load.rate)

    def _view_of(self, fleet: Fleet) -> LiveView:
        return LiveView(fleet, self.minutes_per_s, is_incident(self.lesson))


def is_incident(lesson: str) -> bool:
    """Return whether the runs of `lesson` are an incident, and go by its clock."""
    return any(m.incident for m in modules() if m.number == lesson)


def _wait_until_served(telemetry: Telemetry, rate: float) -> None:
    """Wait until as many requests are served as come in a second, `rate` of them."""
    limit = telemetry.limit(FIRST_SECOND, SERVES_WITHIN_S)
    if not telemetry.wait_for(
        lambda t: sum(try_.outcome == "ok" for try_ in t.tries) >= rate,
        SERVES_WITHIN_S,
        FIRST_SECOND,
    ):
        raise MachineTooBusy(FIRST_SECOND, *limit.spent_s())
