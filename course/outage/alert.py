"""The address at which notebooks import the alert.

It stays, wherever the code moves: copies of notebooks in work/ outlive an update of the
course, and a submission is compared with the released notebook, imports included.
"""

from course.outage.telemetry.alert import BurnRateAlert

__all__ = ["BurnRateAlert"]
