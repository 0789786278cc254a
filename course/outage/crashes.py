"""The address at which notebooks import crashes.

It stays, wherever the code moves: copies of notebooks in work/ outlive an update of the
course, and a submission is compared with the released notebook, imports included.
"""

from course.outage.fleet.failure import failure_of
from course.outage.telemetry.crashes import crashes

__all__ = ["crashes", "failure_of"]
