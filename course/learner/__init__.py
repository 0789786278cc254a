"""The learner's way through the course: its modules, and a journal of events."""

from .curriculum import Module, modules
from .journal import Journal, JournalNotWritten
from .progress import Progress

__all__ = ["Journal", "JournalNotWritten", "Module", "Progress", "modules"]
