"""Confinement of other people's code: a command that takes the place of `python`.

    interpreter(Confined.SANDBOX, read=[folder]) + ["-m", "course.service"]

is a command that runs a Python module so that it can do no harm:

    watch.py ─▶ bubblewrap: own network, processes, IPC; a file system with the system
                │           and this Python, read-only, and the paths named; a system
                │           call filter; an environment of its own
                └▶ launch.py: limits, an ordinary user, then the module

With Confined.LIMITS there is only launch.py, which sets limits. That is for a
learner's own code on the learner's own machine, and works on macOS too.
"""

from .errors import SandboxUnavailable
from .interpreter import Confined, interpreter
from .limits import Limits
from .probe import prove

__all__ = ["Confined", "Limits", "SandboxUnavailable", "interpreter", "prove"]
