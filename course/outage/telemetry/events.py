"""The events that a fleet's supervisor reports as they happen, one class a kind.

A time `t` counts the seconds since the fleet started in which it could run: the clock
of the fleet stands still while its processes wait for a processor.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, TypeVar

T = TypeVar("T")
State = Literal["started", "ready", "exited", "down"]


@dataclass(frozen=True)
class ProcessEvent:
    """A replica's process entered `state`; a "down" replica is not started again."""

    t: float
    replica: int
    pid: int
    state: State
    release: str


@dataclass(frozen=True)
class Exit(ProcessEvent):
    """The exit of a replica's process, and whether it was `asked` to stop.

    `exit_code` is as in `subprocess`.
    """

    exit_code: int
    asked: bool


class Metric(NamedTuple):
    """A metric at /metrics: its name, its labels, and its value. In JSON it is a list.

    As text, it is its name and labels.
    """

    name: str
    labels: dict[str, str]
    value: float

    def __str__(self) -> str:
        pairs = ",".join(f'{name}="{text}"' for name, text in self.labels.items())
        return f"{self.name}{{{pairs}}}" if pairs else self.name


def value_of(metrics: Iterable[Metric], name: str, missing: float) -> float:
    """Return the value of the metric `name` without labels, else `missing`."""
    return next((m.value for m in metrics if m.name == name and not m.labels), missing)


@dataclass(frozen=True)
class Scrape:
    """A replica's answer at /metrics."""

    t: float
    replica: int
    pid: int
    metrics: list[Metric]

    def value(self, name: str) -> float:
        """Return the value of the metric `name` that has no labels; without it, 0."""
        return value_of(self.metrics, name, 0.0)


@dataclass(frozen=True)
class Probe:
    """The milliseconds that a query to the database took, or the error that it got."""

    t: float
    ms: float | None
    error: str | None = None


@dataclass(frozen=True)
class LogEntry:
    """A line that a replica has logged, as a JSON object.

    A line that is no JSON object has a record with nothing but an `event`, its text.
    """

    t: float
    replica: int
    pid: int
    record: dict[str, Any]


@dataclass(frozen=True)
class Beat:
    """A setting of the clock: of the last `passed_s` seconds, `lost_s` were lost."""

    t: float
    passed_s: float
    lost_s: float


def as_dataclass(kind: type[T], event: dict[str, Any]) -> T:
    """Return a reported `event` as the dataclass `kind`. Raises KeyError."""
    return kind(**{field.name: event[field.name] for field in fields(kind)})  # type: ignore[arg-type]
