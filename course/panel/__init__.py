"""The widgets that learners use in a notebook, such as live charts and predictions.

Everything works offline, and has the same content as plain text without widgets.
"""

from .code import show_diff, show_traceback
from .front import front_page
from .goodput import goodput
from .incident import IncidentPanel
from .live import LiveView
from .logged import logged_error
from .parsons import Parsons
from .prediction import Observed, Prediction, predict
from .queries import queries
from .recall import recall
from .run import Run, Stage

__all__ = [
    "IncidentPanel",
    "LiveView",
    "Observed",
    "Parsons",
    "Prediction",
    "Run",
    "Stage",
    "front_page",
    "goodput",
    "logged_error",
    "predict",
    "queries",
    "recall",
    "show_diff",
    "show_traceback",
]
