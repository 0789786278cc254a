"""The alert that pages: how fast the error budget burns, over two windows.

Google's SRE Workbook, chapter 5 ("Alerting on SLOs"), pages when a 99.9% objective
burns its monthly budget more than 14.4 times too fast both over an hour and over the
last five minutes. The short window ends the alert soon after the trouble has ended.
"""

from dataclasses import dataclass

from .series import Telemetry


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

        It is looked at every quarter of a second. None if it does not fire.
        """
        steps = range(int(4 * (telemetry.now - since)) + 1)
        times = (since + step / 4 for step in steps)
        return next((t for t in times if self.firing(telemetry, t)), None)
