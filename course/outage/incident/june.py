"""The incident of 5 June 2024: its timeline, and its clock run faster.

The times are the postmortem's. What happens at each of them here is real; only the
minutes between them are shortened.
"""

import datetime
from dataclasses import dataclass

ALERT_AT = datetime.datetime(2024, 6, 5, 14, 0, tzinfo=datetime.UTC)

# Minutes since the alert → what happened, in the postmortem's order.
TIMELINE = {
    0: "an automated alert reports a high error rate",
    2: "the on-call engineer gets the alert and confirms the issue",
    5: "the API server logs are opened: a spike of 500 Internal Server Error",
    15: "assumed root cause: the database; its performance and logs are checked",
    25: "an unusual pattern in the logs points at request routing",
    30: "escalated to the backend engineering team",
    40: "found: one unhandled exception in the request-routing code crashes the server",
    45: "temporary fix: the exception is handled, the API servers are restarted",
    60: "monitoring confirms that error rates are back to normal",
    90: "full service restored; post-incident analysis begins",
}


@dataclass(frozen=True)
class JuneClock:
    """Turns seconds of a run into the time of day on 5 June 2024.

    The alert fired at `alert_s`; a second of the run stands for `minutes_per_s`.
    """

    alert_s: float
    minutes_per_s: float

    def minutes(self, t: float) -> float:
        """Return the June minutes since the alert at second `t`; negative before it."""
        return (t - self.alert_s) * self.minutes_per_s

    def seconds(self, minutes: float) -> float:
        """Return the second of the run at which `minutes` have gone since the alert."""
        return self.alert_s + minutes / self.minutes_per_s

    def text(self, t: float, seconds: bool = False) -> str:
        """Return the time of day (UTC) at second `t`: 14:05, or 14:05:00."""
        time = ALERT_AT + datetime.timedelta(minutes=self.minutes(t))
        return time.strftime("%H:%M:%S" if seconds else "%H:%M")
