"""What learners see and touch in a notebook: live charts, predictions.

Everything works offline, and says the same in plain text where there are no widgets.
"""

from .front import front_page
from .goodput import goodput
from .incident import IncidentPanel
from .live import LiveView
from .next_part import lesson_done
from .parsons import Parsons
from .prediction import Prediction
from .recall import recall
from .run import Run, Stage

__all__ = [
    "IncidentPanel",
    "LiveView",
    "Parsons",
    "Prediction",
    "Run",
    "Stage",
    "front_page",
    "goodput",
    "lesson_done",
    "recall",
]
