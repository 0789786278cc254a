"""The address at which notebooks import promtool.

It stays, wherever the code moves: copies of notebooks in work/ outlive an update of the
course, and a submission is compared with the released notebook, imports included.
"""

from autograder.instruments.promtool import firing_seconds, promtool, read_rule

__all__ = ["firing_seconds", "promtool", "read_rule"]
