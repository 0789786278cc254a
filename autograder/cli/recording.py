"""`outage build --record`: recorded runs of lessons, for machines that are too busy.

A recording is one real run of the lesson's own cells. It is saved only if every
prediction was settled as the lesson expects, on a machine that was quiet meanwhile.
"""

import contextlib
import io
import runpy
import tempfile
from pathlib import Path

from course.learner import modules
from course.outage import OutageError
from course.outage.telemetry.recording import save_scenes, scenes_path
from course.panel import Prediction, Run

from .shared import PROJECT, out

# The lag of the recorded runs, in seconds of the worst second, was 0.01 to 0.18.
QUIET_S = 0.3
TRIES = 3


def record() -> bool:
    """Run the lessons and save their runs; return whether all could be saved."""
    all_saved = True
    for module in modules():
        if not module.recorded:
            continue
        lesson = PROJECT / "course" / "lessons" / f"{module.name}.py"
        for _ in range(TRIES):
            runs, why_not = played(lesson)
            if not why_not:
                save_scenes((run.scene() for run in runs), scenes_path(module.number))
                break
        all_saved = all_saved and not why_not
        out.print(f"lesson {module.number}: {why_not or 'recorded'}", highlight=False)
    return all_saved


def played(lesson: Path) -> tuple[list[Run], str]:
    """Run the cells of `lesson`; return its runs, and why not to save them, or ""."""
    # Outside the project's folder, nothing is written to the learner's journal.
    with (
        tempfile.TemporaryDirectory() as elsewhere,
        contextlib.chdir(elsewhere),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        try:
            names = runpy.run_path(str(lesson)).values()
        except OutageError as exc:
            return [], str(exc)
    runs = [value for value in names if isinstance(value, Run)]
    predictions = [value for value in names if isinstance(value, Prediction)]
    for prediction in predictions:
        if prediction.observed != (prediction.answer or prediction.observed):
            return runs, f"{prediction.question} Observed: {prediction.observed})"
    lag_s = max(run.lag for run in runs)
    return runs, "" if lag_s <= QUIET_S else f"the machine was busy: lag {lag_s:.2f} s"
