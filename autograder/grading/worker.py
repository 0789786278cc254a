"""Judges on a Dask worker, as many at a time as its own machine bears."""

from distributed import Worker, WorkerPlugin, get_worker

from autograder.judge.store import Task
from autograder.judge.window import Window, settled


class Judging(WorkerPlugin):  # type: ignore[misc]
    """Gives each worker its window: `jobs` at a time, or what the lag there allows.

    Registered once; grading runs that share a cluster share the windows.
    """

    name = "outage-judging"
    idempotent = True

    def __init__(self, jobs: int | None = None) -> None:
        self._jobs = jobs

    def setup(self, worker: Worker) -> None:
        """Called by Dask as a worker begins."""
        self.window = Window(self._jobs)

    def teardown(self, worker: Worker) -> None:
        """Called by Dask as a worker ends: what still waits for room does not begin."""
        self.window.close()


def judged(task: Task) -> str:
    """The verdict on `task` as JSON. Raises what `Task.judged` raises."""
    judging = get_worker().plugins[Judging.name]
    return settled(task.judged, judging.window).model_dump_json()
