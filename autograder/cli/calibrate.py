"""`outage calibrate`: every known right and wrong answer through the judge."""

import json
from typing import Annotated

import typer
from rich.progress import Progress

from autograder.authoring import calibrating
from autograder.authoring.calibrating import Calibration
from autograder.authoring.known import Case, chosen
from autograder.judge.exercise import exercises as all_exercises
from autograder.sandbox import Confined, SandboxUnavailable

from .errors import Exit, NotPossibleHere
from .shared import AsJson, NoSandbox, err


def calibrate(
    exercises: Annotated[
        list[str] | None,
        typer.Argument(
            help="Numbers, such as 05, each with names of known answers to it, or"
            " without: then all of them. Without any number, all exercises."
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Judge each so often.")] = 1,
    load: Annotated[
        int, typer.Option(min=0, max=16, help="Busy loops a core, beside the judge.")
    ] = 0,
    no_sandbox: NoSandbox = False,
    as_json: AsJson = False,
) -> None:
    """Judge known answers and count false verdicts; end with exit code 1 if any."""
    confined = Confined.LIMITS if no_sandbox else Confined.SANDBOX
    try:
        results = judged(exercises or [], confined, repeats, load)
    except SandboxUnavailable as exc:
        raise NotPossibleHere(
            f"{exc} Or run our own answers without it: --no-sandbox."
        ) from exc
    if as_json:
        print(json.dumps([result.to_json() for result in results], indent=2))
    else:
        for result in results:
            print(in_words(result))
    if not all(result.is_sound for result in results):
        raise typer.Exit(Exit.FELL_SHORT)


def judged(
    arguments: list[str], confined: Confined, repeats: int, load: int
) -> list[Calibration]:
    """Calibrate the exercises in `arguments`, or all; print each miss at once."""
    known = [exercise.name for exercise in all_exercises()]
    results = []
    with Progress(console=err) as progress:
        for exercise, answers in chosen(arguments or known):
            total = repeats * len(answers)
            bar = progress.add_task(exercise.name, total=total)

            def on_case(case: Case, misses: list[str], task: int = bar) -> None:
                del case
                progress.advance(task)  # type: ignore[arg-type]
                for miss in misses:
                    err.print(miss, style="red", highlight=False)

            results.append(
                calibrating.calibrate(
                    exercise, answers, confined, repeats, load, on_case
                )
            )
    return results


def in_words(result: Calibration) -> str:
    """Return the result for the known answers to one exercise, as a sentence."""
    times = f", {result.repeats} times each" if result.repeats > 1 else ""
    beside = f", beside {result.load} busy loops a core" if result.load else ""
    return (
        f"{result.exercise}: {result.right} right and {result.wrong} wrong"
        f" answers{times}: {result.false_rejects} false rejects,"
        f" {result.false_accepts} false accepts, {result.wrong_feedback} with"
        f" wrong feedback; {result.inconclusive} of {result.checks} checks"
        f" inconclusive. Lag up to {result.lag_s:.2f} s of a second{beside}."
    )
