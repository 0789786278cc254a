"""The address at which notebooks import rollouts.

It stays, wherever the code moves: copies of notebooks in work/ outlive an update of the
course, and a submission is compared with the released notebook, imports included.
"""

from course.outage.incident.rollout import Arm, SimulatedRollout, roll_out, split

Drawn = SimulatedRollout  # its name in older copies

__all__ = ["Arm", "Drawn", "SimulatedRollout", "roll_out", "split"]
