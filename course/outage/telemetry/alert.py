"""The alert that pages: how fast the error budget burns, over two windows.

Google's SRE Workbook, chapter 5 ("Alerting on SLOs"), pages when a 99.9% objective
burns its monthly budget more than 14.4 times too fast both over an hour and over the
last five minutes. The short window ends the alert soon after the trouble has ended.
"""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from .series import FAILURES, Telemetry

LOOK_EVERY_S = 0.25


@dataclass(frozen=True)
class BurnRateAlert:
    """Fires while the budget of `objective` burns over `factor` times too fast.

    The two windows, in seconds, are the Workbook's hour and five minutes on a clock on
    which one second stands for two minutes.
    """

    objective: float = 0.999
    factor: float = 14.4
    long_s: float = 30.0
    short_s: float = 2.5

    def burn_rate(self, telemetry: Telemetry, now: float, window_s: float) -> float:
        """Return the error share over `window_s` before `now`, over the allowed share.

        A rate of 1 spends the budget exactly in its period. Without tries it is 0.
        """
        share = telemetry.error_share(now - window_s, now)
        return (share or 0.0) / (1.0 - self.objective)

    def firing(self, telemetry: Telemetry, now: float) -> bool:
        """Return whether the alert fires at second `now`."""
        return all(
            self.burn_rate(telemetry, now, window_s) > self.factor
            for window_s in (self.short_s, self.long_s)
        )

    def fired(self, telemetry: Telemetry, since: float) -> float | None:
        """Return the first second from `since` on at which the alert fires.

        It is looked at every LOOK_EVERY_S. None if it does not fire.
        """
        steps = range(int((telemetry.now - since) / LOOK_EVERY_S) + 1)
        times = (since + step * LOOK_EVERY_S for step in steps)
        return next((t for t in times if self.firing(telemetry, t)), None)


class AlertHistory:
    """Every change of an alert on one fleet, at every LOOK_EVERY_S of its clock.

    It goes by the telemetry alone, so whoever looks, however late, finds the same
    times. `changes` holds the second of each, and whether the alert fires from then on.
    """

    def __init__(self, alert: BurnRateAlert) -> None:
        self.changes: list[tuple[float, bool]] = []
        self._alert = alert
        self._looks = 0
        # When each try ended, and how many of those before it had failed.
        self._ended: list[float] = []
        self._failed = [0]

    def follow(self, telemetry: Telemetry) -> None:
        """Take in what `telemetry`, always of the same fleet, has got since."""
        for try_ in telemetry.tries[len(self._ended) :]:
            self._ended.append(try_.done)
            self._failed.append(self._failed[-1] + (try_.outcome in FAILURES))
        looks = math.floor(telemetry.now / LOOK_EVERY_S)
        for look in range(self._looks, looks):
            now = look * LOOK_EVERY_S
            if (firing := self._firing(now)) != self.firing:
                self.changes.append((now, firing))
        self._looks = max(looks, self._looks)

    @property
    def firing(self) -> bool:
        """Return whether the alert fired at the last look."""
        return bool(self.changes) and self.changes[-1][1]

    @property
    def fired_s(self) -> float | None:
        """Return the second at which the alert fired for the first time, if it did."""
        return self.changes[0][0] if self.changes else None

    def _firing(self, now: float) -> bool:
        limit = self._alert.factor * (1.0 - self._alert.objective)
        return all(
            self._error_share(now - window_s, now) > limit
            for window_s in (self._alert.short_s, self._alert.long_s)
        )

    def _error_share(self, since: float, until: float) -> float:
        """Return the share of tries ended in that time that failed; 0 without any."""
        first = bisect_left(self._ended, since)
        last = bisect_right(self._ended, until)
        failed = self._failed[last] - self._failed[first]
        return failed / (last - first) if last > first else 0.0
