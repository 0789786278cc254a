"""`outage calibrate`: every known right and wrong answer through the judge."""

import json

from rich.console import Console
from rich.progress import Progress

from autograder.authoring.calibrating import calibrate
from autograder.authoring.known import Case, chosen
from autograder.judge.exercise import exercises
from autograder.sandbox import Confined


def report(
    names: list[str],
    repeats: int,
    load: int,
    confined: Confined,
    as_json: bool,
    err: Console,
) -> bool:
    """Calibrate what `names` name, or all; print; return whether all is sound.

    Names are those of exercises, each with names of known answers to it, or without.

    Beside the judge run `load` busy loops a core. Raises JudgeError and
    SandboxUnavailable.
    """
    known = [exercise.name for exercise in exercises()]
    results = []
    with Progress(console=err) as progress:
        for exercise, answers in chosen(names or known):
            total = repeats * len(answers)
            bar = progress.add_task(exercise.name, total=total)

            def on_case(case: Case, misses: list[str], task: int = bar) -> None:
                del case
                progress.advance(task)  # type: ignore[arg-type]
                for miss in misses:
                    err.print(miss, style="red", markup=False, highlight=False)

            results.append(
                calibrate(exercise, answers, confined, repeats, load, on_case)
            )
    if as_json:
        print(json.dumps([result.to_json() for result in results], indent=2))
    else:
        for result in results:
            times = f", {repeats} times each" if repeats > 1 else ""
            print(
                f"{result.exercise}: {result.right} right and {result.wrong} wrong"
                f" answers{times}: {result.false_rejects} false rejects,"
                f" {result.false_accepts} false accepts, {result.wrong_feedback} with"
                f" wrong feedback; {result.inconclusive} of {result.checks} checks"
                f" inconclusive. Lag up to {result.lag_s:.2f} s of a second"
                f"{f', beside {load} busy loops a core' if load else ''}."
            )
    return all(result.is_sound for result in results)
