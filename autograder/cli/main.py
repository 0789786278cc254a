"""The commands. Each reads its options, calls one room of the house, prints."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from .exits import Exit
from .new import new

if TYPE_CHECKING:
    from autograder.sandbox import Confined

PROJECT = Path(__file__).parents[2]

app = typer.Typer(
    name="outage",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Live through a real API outage, find the exception handling behind it,"
    " fix it, and prove the fix.\n\nNew here? Run [bold]./outage learn[/bold].",
    epilog="Exit codes: 0 all is well, 1 a check failed or something fell short,"
    " 2 wrong usage, 3 this machine cannot do it (the message says what to do).",
)
out = Console()
err = Console(stderr=True)

Browser = Annotated[
    bool, typer.Option(help="Open the browser; without it, print the address.")
]

Port = Annotated[
    int | None,
    typer.Option(
        help="Port to serve on; left out, 8888 or, if that is in use, a free one."
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


NoSandbox = Annotated[
    bool,
    typer.Option(
        "--no-sandbox",
        help="Run the answers with your own rights: limits, but no sandbox.",
    ),
]


def fail(message: str, code: Exit) -> NoReturn:
    """End with `message` on standard error."""
    err.print(f"outage: {message}", style="red", highlight=False, markup=False)
    raise typer.Exit(code)


def confined_by(no_sandbox: bool) -> "Confined":
    """How answers are run."""
    from autograder.sandbox import Confined

    return Confined.LIMITS if no_sandbox else Confined.SANDBOX


@app.command()
def learn(browser: Browser = True, port: Port = None) -> None:
    """Open JupyterLab at the course's front page."""
    from . import learn as seats

    raise typer.Exit(seats.learn(PROJECT, port, browser, out))


@app.command()
def teach(browser: Browser = True, port: Port = None) -> None:
    """Open nbgrader's formgrader, and JupyterLab with nbgrader's tools."""
    from . import learn as seats

    raise typer.Exit(seats.teach(PROJECT, port, browser, out))


@app.command()
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
    """Watch the whole incident of 5 June 2024, compressed, live in the terminal."""
    from autograder.judge import Exercise, from_notebook
    from course.outage import OutageError, Release
    from course.outage.incident.replay import Plan, Replay
    from course.outage.telemetry import recording

    from . import screen

    for file in (picture, record):  # before the run: it would be lost
        if file is not None and not file.parent.is_dir():
            fail(f"there is no folder {file.parent}. Make it first.", Exit.USAGE)
    exercise = Exercise.named("05")
    if exercise.solution.exists():
        fix = exercise.release(from_notebook(exercise.solution)[0], "hotfix")
    else:  # the learners' package has no solutions: roll back instead
        fix = Release.named("good")
    try:
        plan = Plan(
            release=Release.named(release),
            fix=fix,
            rate=rate,
            malformed=malformed,
            seconds=seconds,
            replicas=replicas,
            seed=seed,
        )
        play = Replay(plan)
        if as_json:
            print(json.dumps(play.run().to_json(), indent=2))
        else:
            summary = screen.play(play, out)
            screen.show_summary(play, summary, out)
        if picture is not None:
            screen.draw_picture(play, picture)
        if record is not None:
            recording.save(play.telemetry, record)
    except OutageError as exc:
        fail(str(exc), Exit.FELL_SHORT)
    except KeyboardInterrupt:
        fail("interrupted; every process of the replay is stopped.", Exit.FELL_SHORT)


@app.command()
def check(
    exercise: Annotated[
        str, typer.Argument(help="Number of the exercise, such as 05.")
    ],
    watch: Annotated[bool, typer.Option(help="Judge again at every save.")] = False,
    notebook: Annotated[
        Path | None, typer.Option(help="Another notebook than your own in work/.")
    ] = None,
    as_grading: Annotated[
        bool,
        typer.Option(
            "--as-grading", help="As a submission is judged: sandbox, held-back checks."
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the inputs, from a verdict.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge your work of an exercise, as the notebook does."""
    from . import checking

    checking.check(PROJECT, exercise, notebook, watch, as_grading, seed, as_json)


@app.command()
def hint(
    exercise: Annotated[
        str, typer.Argument(help="Number of the exercise, such as 05.")
    ],
    answer: Annotated[
        str | None, typer.Argument(help="What the answer is called, if there are more.")
    ] = None,
    solution: Annotated[
        bool, typer.Option("--solution", help="The reference solution instead.")
    ] = False,
) -> None:
    """Open the next hint to your work of an exercise: one for each try."""
    from . import hinting

    hinting.hint(PROJECT, exercise, answer, solution)


@app.command()
def progress(as_json: AsJson = False) -> None:
    """Say what you have done, what is next, and how many minutes are left."""
    from . import progress as standing

    raise typer.Exit(standing.report(PROJECT, out, as_json))


@app.command()
def reset(
    number: Annotated[str, typer.Argument(help="Of the exercise; 00: the front page.")],
    lesson: Annotated[
        bool, typer.Option("--lesson", help="The lesson of that number instead.")
    ] = False,
) -> None:
    """Start a notebook over: yours is put aside in work/kept/, a fresh one laid."""
    from . import resetting

    raise typer.Exit(resetting.reset(PROJECT, number, lesson, out, err))


@app.command()
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
    """Judge every known right and wrong answer; count false verdicts."""
    from autograder.judge import JudgeError
    from autograder.sandbox import SandboxUnavailable

    from . import calibrating

    try:
        sound = calibrating.report(
            exercises or [], repeats, load, confined_by(no_sandbox), as_json, err
        )
    except JudgeError as exc:
        fail(str(exc), Exit.USAGE)
    except SandboxUnavailable as exc:
        fail(
            f"{exc} Or run our own answers without it: --no-sandbox.", Exit.ENVIRONMENT
        )
    raise typer.Exit(Exit.OK if sound else Exit.FELL_SHORT)


@app.command()
def grade(
    exercise: Annotated[
        str, typer.Argument(help="Number of the exercise, such as 05.")
    ],
    submissions: Annotated[
        Path | None,
        typer.Argument(
            help="A folder or zip archive of submissions to take in first;"
            " without one, autograder/submitted/ as it is."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Judge again what has a verdict.")
    ] = False,
    regrade: Annotated[
        bool,
        typer.Option(
            "--regrade", help="Show whose score changes and why, before it is written."
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Write what --regrade shows, unasked.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Judgements at a time, always; left out, one to eight a core, as many"
            " as this machine bears.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Dask scheduler to judge on, such as tcp://HOST:8786."),
    ] = None,
    no_sandbox: NoSandbox = False,
    as_json: AsJson = False,
) -> None:
    """Grade a class into the gradebook; interrupted, it goes on where it was."""
    from . import grading

    code = grading.grade(
        PROJECT,
        exercise,
        submissions,
        force,
        regrade,
        yes,
        confined_by(no_sandbox),
        jobs,
        scheduler,
        as_json,
    )
    raise typer.Exit(code)


@app.command()
def report(
    exercise: Annotated[
        str, typer.Argument(help="Number of the exercise, such as 05.")
    ],
    folder: Annotated[
        Path | None, typer.Option(help="Where to; left out, autograder/reports/.")
    ] = None,
) -> None:
    """Write the cohort's report: who stands where, which check stops whom."""
    from . import reporting

    raise typer.Exit(reporting.report(PROJECT, exercise, folder, out, err))


@app.command()
def package(
    to: Annotated[
        Path | None, typer.Option(help="The archive; left out, one below dist/.")
    ] = None,
) -> None:
    """Make the learners' package: no solutions, no held-back checks, one zip."""
    from . import packaging

    raise typer.Exit(packaging.package(PROJECT, to, out, err))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what this machine can and cannot do, each with its remedy."""
    from . import doctor as doctoring

    raise typer.Exit(doctoring.report(PROJECT, out, as_json))


@app.command()
def build(
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail on a difference.")
    ] = False,
    record: Annotated[
        bool,
        typer.Option(
            "--record", help="Instead, run lessons and keep their runs: 10 minutes."
        ),
    ] = False,
) -> None:
    """Make every generated file from its source."""
    from . import building, recording

    if record:
        raise typer.Exit(recording.record(PROJECT, out))
    raise typer.Exit(building.build(PROJECT, check_only, out))


@app.command()
def test(
    quick: Annotated[
        bool, typer.Option("--quick", help="Only those that start no process: seconds.")
    ] = False,
    fast: Annotated[
        bool,
        typer.Option("--fast", help="Leave out browser and long live runs: minutes."),
    ] = False,
    pytest_arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="Passed on to pytest, after --, such as -k NAME, or -n 0: no workers."
        ),
    ] = None,
) -> None:
    """Run the project's own tests, all of them, as CI does."""
    from . import testing

    part = testing.Part.FAST if fast else testing.Part.ALL
    if quick:
        part = testing.Part.QUICK
    raise typer.Exit(testing.run(PROJECT, part, pytest_arguments or [], err))


app.command()(new)


def main() -> None:
    """Entry point of the console script."""
    # nbgrader runs `alembic` by name, Jupyter its own parts; the environment that we
    # run in need not be activated.
    here = str(Path(sys.executable).parent)
    if here not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([here, os.environ.get("PATH", "")])
    try:
        app(prog_name="outage")
    except KeyboardInterrupt:
        err.print("\nInterrupted; everything it had started is stopped.")
        sys.exit(130)
