"""Judging on a Dask cluster: one on this machine, or one that already runs.

A worker needs only this package and bubblewrap: a task is the text of the answers, and
its result is the verdict as JSON. A worker that dies costs a retry, not a grade.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from autograder.gradebook.errors import ClusterLost
from autograder.judge import Exercise, Verdict
from autograder.judge.store import Task
from autograder.judge.window import Window
from course.outage.tempdirs import own_folder

CONNECT_WITHIN_S = 15
RETRIES = 3


@contextmanager
def connected(scheduler: str | None, jobs: int | None) -> Iterator[Any]:
    """Yield a Dask client of the cluster at `scheduler`, or of one on this machine.

    This machine judges `jobs` submissions at a time; with None, as many as it bears. So
    does each worker of `scheduler`, up to its number of threads. Answers run in
    processes of their own. Raises ClusterLost.
    """
    import dask  # takes half a second, and most commands do not need it
    from distributed import Client, LocalCluster

    from .worker import Judging

    quiet = {
        "distributed.logging": {"distributed": "critical"},
        "distributed.comm.timeouts.connect": f"{CONNECT_WITHIN_S}s",
    }
    with dask.config.set(quiet), own_folder("outage-dask-") as folder:
        if scheduler is None:
            cluster = LocalCluster(
                n_workers=1,
                threads_per_worker=Window(jobs).most,
                processes=False,
                dashboard_address=None,
                local_directory=str(folder),
                silence_logs=logging.CRITICAL,
            )
            with cluster, Client(cluster) as client:
                client.register_plugin(Judging(jobs))
                yield client
            return
        try:
            client = Client(scheduler, timeout=CONNECT_WITHIN_S)
            client.wait_for_workers(1, timeout=CONNECT_WITHIN_S)
        except TimeoutError as exc:
            raise ClusterLost(
                f"The Dask scheduler at {scheduler} does not answer, or has no workers."
                f" Start some: `dask worker {scheduler}`, then grade again."
            ) from exc
        except (OSError, ValueError) as exc:
            raise ClusterLost(
                f"There is no Dask scheduler at {scheduler} ({exc}). Start one with"
                " `dask scheduler` and workers with `dask worker ADDRESS`, or leave"
                " --scheduler out to grade on this machine."
            ) from exc
        with client:
            client.register_plugin(Judging())
            yield client


def verdicts(
    client: Any, tasks: Mapping[str, Task]
) -> Iterator[tuple[str, Verdict | Exception]]:
    """Yield the verdict on each of `tasks`, or the error, in the order they finish.

    Closing the iterator cancels the tasks that have not begun.
    """
    from distributed import as_completed

    from .worker import judged

    futures = {
        client.submit(judged, task, key=f"{task.key}-{name}", retries=RETRIES): name
        for name, task in tasks.items()
    }
    try:
        for future in as_completed(futures):
            name = futures[future]
            try:
                verdict = Verdict.model_validate_json(future.result())
                _require_same_checks(tasks[name], verdict)
                yield name, verdict
            except Exception as exc:  # noqa: BLE001 - the worker's: the caller reports it
                yield name, exc
            finally:
                future.release()
    finally:
        client.cancel(list(futures))


def _require_same_checks(task: Task, verdict: Verdict) -> None:
    ours = Exercise.named(task.exercise).checks_digest(verdict.held_back)
    if verdict.checks_digest != ours:
        raise ClusterLost(
            "A worker has other checks of this exercise than this machine. Install the"
            " same version of the course on every worker, then grade again."
        )
