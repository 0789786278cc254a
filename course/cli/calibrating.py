"""`outage calibrate`: every known right and wrong answer through the judge."""

import json

from rich.console import Console
from rich.progress import Progress

from autograder.calibrating import Case, calibrate, cases
from autograder.judge import Exercise
from autograder.judge.exercise import CHECKS
from autograder.sandbox import Confined


def report(
    numbers: list[str], repeats: int, confined: Confined, as_json: bool, err: Console
) -> bool:
    """Calibrate the exercises `numbers`, or all; print; return whether all is sound.

    Raises JudgeError, SandboxUnavailable.
    """
    known = [path.parent.name for path in sorted(CHECKS.glob("*/exercise.toml"))]
    exercises = [Exercise.named(number) for number in numbers or known]
    results = []
    with Progress(console=err) as progress:
        for exercise in exercises:
            total = repeats * len(cases(exercise))
            bar = progress.add_task(exercise.name, total=total)

            def on_case(case: Case, misses: list[str], task: int = bar) -> None:
                del case
                progress.advance(task)  # type: ignore[arg-type]
                for miss in misses:
                    err.print(miss, style="red", markup=False, highlight=False)

            results.append(calibrate(exercise, confined, repeats, on_case))
    if as_json:
        print(json.dumps([result.to_json() for result in results], indent=2))
    else:
        for result in results:
            times = f", {repeats} times each" if repeats > 1 else ""
            print(
                f"{result.exercise}: {result.right} right and {result.wrong} wrong"
                f" answers{times}: {result.false_rejects} false rejects,"
                f" {result.false_accepts} false accepts, {result.wrong_feedback} with"
                " wrong feedback."
            )
    return all(result.is_sound for result in results)
