"""The scales of charts: how high they are, and where their axes have ticks."""

import math
from collections.abc import Iterable, Sequence

from course.outage.incident.june import JuneClock

HEADROOM = 1.2
# Steps of a time axis, in seconds of whatever clock it shows.
TIME_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


def known(values: Iterable[float | None]) -> list[float]:
    """Return those of `values` that are numbers: neither None nor NaN nor infinite."""
    return [value for value in values if value is not None and math.isfinite(value)]


def quantile(values: Iterable[float | None], share: float) -> float:
    """Return the value that `share` of the values do not exceed; 0 without any.

    Of few values it is the highest.
    """
    ordered = sorted(known(values))
    return ordered[math.ceil(share * (len(ordered) - 1))] if ordered else 0.0


def ticks(highest: float, most: int = 4) -> list[float]:
    """Return round numbers from 0 up to `highest`, about `most` of them."""
    rough = highest / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough * 0.999)
    return [step * n for n in range(int(highest / step * 1.001) + 1)]


def time_ticks(
    since: float, until: float, clock: JuneClock | None = None, most: int = 8
) -> Sequence[tuple[float, str]]:
    """Return the ticks between two seconds of a run, each with its label.

    By `clock` they are at round times of 5 June, without it at round seconds.
    """
    per_s = 60 * clock.minutes_per_s if clock else 1.0
    offset = clock.alert_s if clock else 0.0
    span = (until - since) * per_s
    step = next((s for s in TIME_STEPS_S if span / s <= most), 14_400)
    first, last = (math.ceil((since - offset) * per_s / step - 1e-9), 0)
    last = math.floor((until - offset) * per_s / step + 1e-9)
    times = [offset + step * n / per_s for n in range(first, last + 1)]
    if clock is None:
        return [(t, f"{t:.0f}") for t in times]
    return [(t, clock.text(t + 1e-6, seconds=step < 60)) for t in times]
