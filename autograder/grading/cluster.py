"""Judging many submissions at a time: on this machine, or on a Dask cluster.

A worker of a cluster needs only this package, Dask and bubblewrap: a task is the text
of the answers, and its result is the verdict as JSON. A worker that dies costs a retry,
not a grade.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import (
    CancelledError,
    Future,
    ThreadPoolExecutor,
    as_completed,
)
from contextlib import AbstractContextManager, contextmanager

from autograder.gradebook.errors import ClusterLost
from autograder.judge import Exercise, Verdict
from autograder.judge.store import Task
from autograder.judge.window import Window, settled

CONNECT_WITHIN_S = 15
RETRIES = 3

# Has a task judged somewhere; its result is the verdict as JSON.
Submit = Callable[[Task], Future[str]]


def connected(
    scheduler: str | None, jobs: int | None
) -> AbstractContextManager[Submit]:
    """Connect to the Dask cluster at `scheduler`; with None, judge on this machine.

    This machine judges `jobs` submissions at a time; with None, as many as it bears. So
    does each worker of `scheduler`, up to its number of threads. Answers run in
    processes of their own. Raises ClusterLost.
    """
    return _this_machine(jobs) if scheduler is None else _cluster(scheduler)


@contextmanager
def _this_machine(jobs: int | None) -> Iterator[Submit]:
    window = Window(jobs)
    with ThreadPoolExecutor(window.most) as threads:
        try:
            yield lambda task: threads.submit(_judged, task, window)
        finally:
            window.close()


def _judged(task: Task, window: Window, retries: int = RETRIES) -> str:
    try:
        return settled(task.judged, window).model_dump_json()
    except Exception:
        if not retries:
            raise
    return _judged(task, window, retries - 1)


@contextmanager
def _cluster(scheduler: str) -> Iterator[Submit]:
    try:
        import dask
        from distributed import Client

        from .worker import Judging, judged
    except ModuleNotFoundError as exc:
        raise ClusterLost(
            "--scheduler needs Dask, which is not installed here. Install it:"
            f" {sys.executable} -m pip install distributed"
        ) from exc
    quiet = {
        "distributed.logging": {"distributed": "critical"},
        "distributed.comm.timeouts.connect": f"{CONNECT_WITHIN_S}s",
    }
    with dask.config.set(quiet):
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
            executor = client.get_executor(retries=RETRIES)
            yield lambda task: executor.submit(judged, task, key=task.key)


def verdicts(
    submit: Submit, tasks: Mapping[str, Task]
) -> Iterator[tuple[str, Verdict | Exception]]:
    """Yield the verdict on each of `tasks`, or the error, in the order they finish.

    Closing the iterator cancels the tasks that have not begun.
    """
    futures = {submit(task): name for name, task in tasks.items()}
    try:
        for future in as_completed(futures):
            name = futures[future]
            try:
                verdict = Verdict.model_validate_json(future.result())
                _require_same_checks(tasks[name], verdict)
                yield name, verdict
            except CancelledError:
                yield name, ClusterLost("The Dask scheduler has gone. Grade again.")
            except Exception as exc:  # noqa: BLE001 - the worker's: the caller reports it
                yield name, exc
    finally:
        for future in futures:
            future.cancel()


def _require_same_checks(task: Task, verdict: Verdict) -> None:
    ours = Exercise.named(task.exercise).checks_digest(verdict.held_back)
    if verdict.checks_digest != ours:
        raise ClusterLost(
            "A worker has other checks of this exercise than this machine. Install the"
            " same version of the course on every worker, then grade again."
        )
