"""How other people's code is confined. It stands in for the word `python`.

    interpreter(Confined.SANDBOX, read=[folder]) + ["-m", "course.service"]

gives a command that runs a Python module so that it can hurt nothing:

    watch.py ─▶ bubblewrap: own network, processes, IPC; a file system with the system
                │           and this Python, read-only, and what is named; a system
                │           call filter; an environment of its own
                └▶ launch.py: limits, an ordinary user, then the module

With Confined.LIMITS there is launch.py alone: limits, and no more. That is for a
learner's own code on the learner's own machine, and works on macOS too.
"""

from .errors import SandboxUnavailable
from .interpreter import Confined, interpreter
from .limits import Limits
from .probe import prove

__all__ = ["Confined", "Limits", "SandboxUnavailable", "interpreter", "prove"]
