"""A benchmark of grading a class, side by side in one run; it prints JSON.

    python -m autograder.authoring.bench [--submissions 100] [--sizes 25 50 100 200]

stock_s     `nbgrader autograde` with its own preprocessors; the check cell judges with
            the same checks from within the learner's kernel, without a sandbox
ours_s      `outage grade` of the same class, in the sandbox, from its start to its end
floor_s     only the checks, in forks of a process that has imported everything, without
            a sandbox; judge_s is the judge on the same submissions, in the sandbox
growth      ours_s for classes of other sizes
peer_s      with --peer: otter-grader's local run of one trivial notebook each, in an
            environment of its own

Read the ratios, since the machine is shared. Nothing here is a test.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from autograder.authoring.known import cases
from autograder.judge import Answers, Exercise
from autograder.judge.exercise import PROJECT
from autograder.judge.job import Job
from autograder.judge.store import as_task
from autograder.sandbox import Confined
from course.outage.tempdirs import own_folder

BROKEN = ("", "def dispatch(:", "raise SystemExit(0)", "import nothing_of_that_name")

# nbgrader's quickstart with other names: the set-up of a course without this judge.
STOCK_CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "stock"
c.ExecutePreprocessor.timeout = 180
c.ClearSolutions.code_stub = {"python": "pass"}
"""
STOCK_CHECK = """
from autograder.learning.checking import answers_of
from autograder.judge import Exercise, judge

exercise = Exercise.named("%s")
judge(exercise, answers_of(exercise, [%s]), held_back=True).score
"""


def mixed_class(exercise: Exercise, size: int) -> dict[str, Answers]:
    """Return the answers of `size` students, by student; no two are alike.

    Of every five, two are right, two wrong, and one is broken.
    """
    known = cases(exercise)
    answers = {
        "right": cycle([case.answers for case in known if case.is_right]),
        "wrong": cycle([case.answers for case in known if not case.is_right]),
        "broken": cycle([{s.grade_id: t for s in exercise.slots} for t in BROKEN]),
    }
    kinds = cycle(["right", "wrong", "right", "wrong", "broken"])
    students = {}
    for number in range(size):
        students[f"student{number:03}"] = {
            name: f"{answer}\n# by student {number}\n"
            for name, answer in next(answers[next(kinds)]).items()
        }
    return students


def hand_in(folder: Path, exercise: Exercise, answers: dict[str, Answers]) -> None:
    """Write the submissions of a class to nbgrader's submitted/ below `folder`."""
    for student, texts in answers.items():
        notebook = json.loads(released(folder, exercise).read_text("utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = texts.get(cell["id"], cell["source"])
        place = folder / "submitted" / student / exercise.name
        place.mkdir(parents=True)
        (place / exercise.notebook.name).write_text(json.dumps(notebook), "utf-8")


def released(folder: Path, exercise: Exercise) -> Path:
    """Return the path of the notebook that the course in `folder` has released."""
    own = folder / "release" / exercise.name / exercise.notebook.name
    return own if own.exists() else exercise.notebook


def run(folder: Path, *arguments: str) -> tuple[float, str]:
    """Run `python -m ARGUMENTS` in `folder`; return its seconds and its output."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": str(course_of(folder)),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
    return time.monotonic() - started, done.stdout


def course_of(folder: Path) -> Path:
    """Return where commands that run in `folder` import the course from."""
    inside = folder.parent if folder.name == "autograder" else folder
    return inside if (inside / "course").exists() else PROJECT


@contextmanager
def own_course(exercise: Exercise, size: int) -> Iterator[Path]:
    """Yield the root of a copy of this course, to which a class has handed in."""
    left_out = shutil.ignore_patterns(
        ".git",
        ".venv",
        "work",
        "tests",
        "__pycache__",
        "submitted",
        "autograded",
        "verdicts",
        "gradebook.db",
        "feedback",
        "set_aside",
    )
    with own_folder("outage-bench-") as folder:
        root = Path(shutil.copytree(PROJECT, folder / "course", ignore=left_out))
        hand_in(root / "autograder", exercise, mixed_class(exercise, size))
        yield root


def time_ours(exercise: Exercise, size: int, jobs: int | None) -> dict[str, Any]:
    """Time `outage grade` of a class, from nothing to the table."""
    options = ["--jobs", str(jobs)] if jobs else []
    with own_course(exercise, size) as root:
        seconds, output = run(
            root, "autograder.cli", "grade", exercise.number, "--json", *options
        )
    rows = json.loads(output)
    return {"s": seconds, "scores": {row["student"]: row["score"] for row in rows}}


def time_stock(exercise: Exercise, size: int) -> dict[str, Any]:
    """Time stock `nbgrader autograde` of the same class."""
    [slot] = exercise.slots
    with own_folder("outage-bench-") as folder:
        (folder / "nbgrader_config.py").write_text(STOCK_CONFIG)
        source = PROJECT / "autograder" / "source" / exercise.name
        notebook = json.loads((source / exercise.notebook.name).read_text("utf-8"))
        # Up to the check: the cells after it are for the learner's own experiments.
        graded = [
            bool(c["metadata"].get("nbgrader", {}).get("grade"))
            for c in notebook["cells"]
        ]
        last = graded.index(True)
        notebook["cells"] = notebook["cells"][: last + 1]
        notebook["cells"][last]["source"] = STOCK_CHECK % (exercise.name, slot.defines)
        place = folder / "source" / exercise.name
        place.mkdir(parents=True)
        (place / exercise.notebook.name).write_text(json.dumps(notebook), "utf-8")
        run(folder, "nbgrader", "generate_assignment", exercise.name)
        hand_in(folder, exercise, mixed_class(exercise, size))
        seconds, _ = run(folder, "nbgrader", "autograde", exercise.name)
        return {"s": seconds, "scores": scores_in(folder, exercise)}


def scores_in(folder: Path, exercise: Exercise) -> dict[str, float]:
    """Return the scores in nbgrader's gradebook in `folder`, by student."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "stock") as book:
        graded = book.assignment_submissions(exercise.name)
        return {submission.student.id: submission.score for submission in graded}


def time_floor(exercise: Exercise, count: int) -> dict[str, Any]:
    """Time the judge on `count` submissions in turn, and the checks alone."""
    import pytest  # warm: imported before the forks

    import autograder.instruments.plugin  # noqa: F401

    folders = [str(exercise.checks), str(exercise.held_back)]
    judge_s, floor_s, phases = 0.0, 0.0, dict[str, float]()
    for answers in mixed_class(exercise, count).values():
        started = time.monotonic()
        verdict = as_task(exercise, [answers], Confined.SANDBOX).judged()
        judge_s += time.monotonic() - started
        for phase, seconds in verdict.phases.items():
            phases[phase] = round(phases.get(phase, 0.0) + seconds, 2)
        with own_folder("outage-bench-") as folder:
            job = folder / "job.json"
            defined = {slot.defines: answers[slot.grade_id] for slot in exercise.slots}
            Job(defined, exercise.release(answers), Confined.LIMITS, 0).write(job)
            owner, held = os.pipe()
            reading, writing = os.pipe()
            started = time.monotonic()
            child = os.fork()
            if child == 0:
                os.close(held)
                os.close(reading)
                silent = os.open(os.devnull, os.O_WRONLY)
                os.dup2(silent, 1)
                os.dup2(silent, 2)
                os._exit(
                    pytest.main(
                        [
                            "-q",
                            "-p",
                            "autograder.instruments.plugin",
                            "-p",
                            "no:cacheprovider",
                            "-c",
                            os.devnull,
                            "--rootdir",
                            folders[0],
                            "--import-mode=importlib",
                            "--job",
                            str(job),
                            "--report-fd",
                            str(writing),
                            "--owner-fd",
                            str(owner),
                            *folders,
                        ]
                    )
                )
            os.close(writing)
            os.close(owner)
            with os.fdopen(reading) as reports:
                reports.read()
            os.waitpid(child, 0)
            floor_s += time.monotonic() - started
            os.close(held)
    return {"judge_s": judge_s, "floor_s": floor_s, "phases": phases}


def time_peer(count: int) -> float:
    """Time otter-grader, installed for this run, on `count` trivial notebooks."""
    with own_folder("outage-bench-") as folder:
        python = folder / "venv" / "bin" / "python"
        for command in (
            [sys.executable, "-m", "venv", str(folder / "venv")],
            [str(python), "-m", "pip", "install", "-q", "otter-grader", "ipykernel"],
        ):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (folder / "tests").mkdir()
        (folder / "tests" / "q1.py").write_text(
            "test = {'name': 'q1', 'points': 1, 'suites': [{'type': 'doctest',"
            " 'cases': [{'code': '>>> x\\n1', 'hidden': False, 'locked': False}]}]}"
        )
        cell: dict[str, Any] = {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "id": "a",
            "execution_count": None,
            "source": "x = 1",
        }
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        started = time.monotonic()
        for number in range(count):
            path = folder / f"{number}.ipynb"
            path.write_text(json.dumps(notebook))
            subprocess.run(
                [str(python), "-m", "otter", "check", str(path), "-t", "tests"],
                cwd=folder,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        return time.monotonic() - started


def main() -> None:
    """Run the benchmark, and print its results as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exercise", default="05")
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--sizes", type=int, nargs="*", default=[25, 50, 200])
    parser.add_argument(
        "--floor", type=int, default=15, help="Submissions for floor_s."
    )
    parser.add_argument("--jobs", type=int, help="Left out: by the lag.")
    parser.add_argument("--peer", action="store_true")
    options = parser.parse_args()
    exercise = Exercise.named(options.exercise)
    ours = time_ours(exercise, options.submissions, options.jobs)
    stock = time_stock(exercise, options.submissions)
    floor = time_floor(exercise, options.floor)
    result = {
        "cores": os.cpu_count(),
        "jobs": options.jobs,
        "submissions": options.submissions,
        "stock_s": round(stock["s"], 1),
        "ours_s": round(ours["s"], 1),
        "ratio": round(stock["s"] / ours["s"], 2),
        "different_scores": {
            student: [stock["scores"].get(student), score]
            for student, score in ours["scores"].items()
            if stock["scores"].get(student) != score
        },
        "judge_s": round(floor["judge_s"], 1),
        "floor_s": round(floor["floor_s"], 1),
        "over_floor": round(floor["judge_s"] / floor["floor_s"], 2),
        "phases": floor["phases"],
        "growth": {
            size: round(time_ours(exercise, size, options.jobs)["s"], 1)
            for size in options.sizes
        },
    }
    if options.peer:
        result["peer_s"] = round(time_peer(options.submissions), 1)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
