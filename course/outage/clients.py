"""The address at which notebooks import retries.

It stays, wherever the code moves: copies of notebooks in work/ outlive an update of the
course, and a submission is compared with the released notebook, imports included.
"""

from course.outage.traffic.retries import DISCIPLINED, NAIVE, Retries

__all__ = ["DISCIPLINED", "NAIVE", "Retries"]
