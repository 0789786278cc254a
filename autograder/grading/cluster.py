"""Judging on a Dask cluster: this machine's own, or one that is already there.

A worker needs this package and bubblewrap, and nothing else: a task is the text of the
answers, its result the verdict as JSON. A worker that dies costs a retry, not a grade.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from autograder.judge import Exercise, Verdict
from course.outage.room import own_folder

from .errors import ClusterLost
from .store import Task

# A judgement waits for answers that never come, and needs a core for a fifth of its
# time. With eight a core, checks that look at a clock began to see the machine: three
# scores in a hundred were others. With four and six, none.
JOBS_PER_CORE = 6
CONNECT_WITHIN_S = 15
RETRIES = 3


def default_jobs() -> int:
    """How many submissions are judged at a time on this machine, unless one says."""
    return JOBS_PER_CORE * (os.cpu_count() or 1)


@contextmanager
def connected(scheduler: str | None, jobs: int) -> Iterator[Any]:
    """A Dask client: of the cluster at `scheduler`, or of one with `jobs` threads here.

    What they judge runs in processes of its own. Raises ClusterLost.
    """
    import dask  # takes half a second, and most commands have no use for it
    from distributed import Client, LocalCluster

    quiet = {
        "distributed.logging": {"distributed": "critical"},
        "distributed.comm.timeouts.connect": f"{CONNECT_WITHIN_S}s",
    }
    with dask.config.set(quiet), own_folder("outage-dask-") as folder:
        if scheduler is None:
            cluster = LocalCluster(
                n_workers=1, threads_per_worker=jobs, processes=False,
                dashboard_address=None, local_directory=str(folder),
                silence_logs=logging.CRITICAL,
            )  # fmt: skip
            with cluster, Client(cluster) as client:
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
            yield client


def verdicts(
    client: Any, tasks: Mapping[str, Task]
) -> Iterator[tuple[str, Verdict | Exception]]:
    """The verdict on each of `tasks`, as they come, or why there is none.

    Closing the iterator cancels what has not begun.
    """
    from distributed import as_completed

    futures = {
        client.submit(_judged, task, key=f"{task.key}-{name}", retries=RETRIES): name
        for name, task in tasks.items()
    }
    try:
        for future in as_completed(futures):
            name = futures[future]
            try:
                verdict = Verdict.model_validate_json(future.result())
                _require_same_checks(tasks[name], verdict)
                yield name, verdict
            except Exception as exc:  # noqa: BLE001 - of the worker: told, not judged
                yield name, exc
            finally:
                future.release()
    finally:
        client.cancel(list(futures))


def _judged(task: Task) -> str:
    """What a worker does."""
    return task.judged().model_dump_json()


def _require_same_checks(task: Task, verdict: Verdict) -> None:
    ours = Exercise.named(task.exercise).checks_digest(verdict.held_back)
    if verdict.checks_digest != ours:
        raise ClusterLost(
            "A worker has other checks of this exercise than this machine. Install the"
            " same version of the course on every worker, then grade again."
        )
