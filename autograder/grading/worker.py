"""Judging on a Dask worker: as many submissions at a time as its machine bears."""

from distributed import Worker, WorkerPlugin, get_worker

from autograder.judge.store import Task
from autograder.judge.window import Window, settled


class Judging(WorkerPlugin):  # type: ignore[misc]
    """A plugin with each worker's window: as many at a time as its lag allows.

    It is registered once; grading runs that share a cluster share the windows.
    """

    name = "outage-judging"
    idempotent = True

    def setup(self, worker: Worker) -> None:
        """Make the worker's window. Dask calls this when a worker starts."""
        self.window = Window()

    def teardown(self, worker: Worker) -> None:
        """Close the window: waiting judgements never begin. Dask calls this last."""
        self.window.close()


def judged(task: Task) -> str:
    """Judge `task`; return the verdict as JSON. Raises what `Task.judged` raises."""
    judging = get_worker().plugins[Judging.name]
    return settled(task.judged, judging.window).model_dump_json()
