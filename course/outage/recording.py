"""The address at which notebooks import recorded runs.

It stays, wherever the code moves: copies of notebooks in work/ outlive an update of the
course, and a submission is compared with the released notebook, imports included.
"""

from course.outage.telemetry.recording import INCIDENTS, june, scrapes_of

__all__ = ["INCIDENTS", "june", "scrapes_of"]
