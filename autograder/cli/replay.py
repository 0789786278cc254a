"""`outage replay`: the whole incident, compressed, live in the terminal."""

import json
from pathlib import Path
from typing import Annotated

import typer

from autograder.judge import Exercise, from_notebook
from course.outage import Release
from course.outage.incident.replay import Plan, Replay
from course.outage.telemetry import recording

from . import screen
from .errors import FellShort, WrongUsage
from .shared import AsJson, out


def replay(
    release: Annotated[str, typer.Option(help="Release that goes out.")] = "bad",
    rate: Annotated[
        float, typer.Option(min=1, max=500, help="Requests a second.")
    ] = 60,
    malformed: Annotated[
        float, typer.Option(min=0, max=1, help="Share of malformed requests.")
    ] = 0.01,
    seconds: Annotated[
        float, typer.Option(min=20, max=600, help="Length of the replay.")
    ] = 60,
    replicas: Annotated[int, typer.Option(min=1, max=8, help="Server processes.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of the traffic.")] = 0,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the run into this file, as SVG.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="Keep every event of the run in this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play the incident, show it, and save the picture and recording asked for."""
    for file in (picture, record):  # before the run, which would be lost
        if file is not None and not file.parent.is_dir():
            raise WrongUsage(f"there is no folder {file.parent}. Make it first.")
    try:
        play = Replay(
            Plan(
                release=Release.named(release),
                fix=hotfix(),
                rate=rate,
                malformed=malformed,
                seconds=seconds,
                replicas=replicas,
                seed=seed,
            )
        )
        if as_json:
            print(json.dumps(play.run().to_json(), indent=2))
        else:
            summary = screen.play(play, out)
            screen.show_summary(play, summary, out)
        if picture is not None:
            screen.draw_picture(play, picture)
        if record is not None:
            recording.save(play.telemetry, record)
    except KeyboardInterrupt as exc:
        raise FellShort("interrupted; every process of the replay is stopped.") from exc


def hotfix() -> Release:
    """Return the solution of exercise 05 as a release.

    The learners' package has no solutions: there the fix is a rollback to "good".
    """
    exercise = Exercise.named("05")
    if exercise.solution.exists():
        return exercise.release(from_notebook(exercise.solution)[0], "hotfix")
    return Release.named("good")
