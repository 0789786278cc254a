"""The known right and wrong answers to an exercise, and the verdict each must get.

They are in course/modules/NN_name/instructors/known_answers/known.toml:

    [[right]]
    name = "handler_around_resolve"
    about = "The handler stands around the look-up alone."
    edits = [{ old = "…", new = "…" }]

    [[wrong]]
    name = "bare_except"
    why = "Catching everything stops the outage, so nobody looks further."
    fails = ["test_an_unknown_bug_is_a_logged_500"]   # these checks, and no others
    breaks = "bugs_stay_500s"                 # the one rule that it breaks; left out if
                                              # it breaks several
    feedback = "how wide"                     # a part of what the learner must read
    base = "handler_around_resolve"           # left out, the reference solution;
                                              # "start" is the untouched notebook
    edits = [{ old = "except MALFORMED:", new = "except:" }]

An edit replaces a text that occurs exactly once in the answer it starts from. Edits
apply in their order. An answer that shares little with any base has a file of its own
instead, NAME.py beside known.toml. Where an exercise asks for several answers, a line
`# %% grade_id` begins each in such a file; answers that it leaves out are the base's.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.judge import Answers, Exercise, from_notebook
from autograder.judge.errors import ExerciseNotFound, KnownAnswerNotFound
from course.outage.release import replaced_once

CHECK = re.compile(
    r'@check\(\s*"([^"]+)",\s*points=([\d.]+),?\s*\)\ndef (test_\w+)', re.MULTILINE
)
SOLUTION, START = "solution", "start"
CELL = re.compile(r"^# %% (\w+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """A known answer, with the checks it must fail and a part of their feedback.

    A right answer has neither. `name` is for example wrong/bare_except; `why` says why
    somebody would write it, or what is special about a right one; `breaks` names the
    rule of the task that it breaks, if it is only one.
    """

    name: str
    why: str
    fails: frozenset[str]
    feedback: str
    answers: Answers
    breaks: str = ""

    @property
    def is_right(self) -> bool:
        """Return whether the answer must score in full."""
        return not self.fails


def cases(exercise: Exercise) -> list[Case]:
    """Return the known answers to `exercise`, the right ones first.

    Raises ValueError, naming the answer, where an edit does not fit.
    """
    folder = exercise.known_answers
    data = tomllib.loads((folder / "known.toml").read_text("utf-8"))
    answers = given(exercise)
    known = []
    for kind in ("right", "wrong"):
        for entry in data[kind]:
            name = entry["name"]
            if name in answers:
                raise ValueError(
                    f"{exercise.name}: two known answers are called {name}"
                )
            try:
                base = answers[entry.get("base", SOLUTION)]
                answers[name] = answer_of(base, entry, folder / f"{name}.py")
            except (KeyError, ValueError) as exc:
                raise ValueError(f"{exercise.name}, {kind}/{name}: {exc}") from exc
            known.append(
                Case(
                    f"{kind}/{name}",
                    entry["about" if kind == "right" else "why"],
                    frozenset(entry.get("fails", ())),
                    entry.get("feedback", ""),
                    answers[name],
                    entry.get("breaks", ""),
                )
            )
    return known


def all_cases(exercise: Exercise) -> list[Case]:
    """Return the solution, the untouched notebook, and the known answers.

    The solution passes every check, and the untouched notebook none. Raises ValueError
    as `cases` does.
    """
    answers, every = given(exercise), frozenset(checks_of(exercise))
    solution, start = answers[SOLUTION], answers[START]
    return [
        Case(f"right/{SOLUTION}", "The reference.", frozenset(), "", solution),
        Case(f"wrong/{START}", "Handed in as it was given.", every, "", start),
        *cases(exercise),
    ]


def given(exercise: Exercise) -> dict[str, Answers]:
    """Return the answers of the reference solution and of the untouched notebook."""
    answers = {}
    for name, path in ((SOLUTION, exercise.solution), (START, exercise.notebook)):
        [texts] = from_notebook(path)
        answers[name] = {slot.grade_id: texts[slot.grade_id] for slot in exercise.slots}
    return answers


def checks_of(exercise: Exercise) -> dict[str, tuple[str, float]]:
    """Return the title and the points of each check, by the name of its test."""
    sources = "".join(path.read_text("utf-8") for path in exercise.checks.glob("*.py"))
    found = CHECK.findall(sources)
    return {test: (title, float(points)) for title, points, test in found}


def chosen(arguments: Sequence[str]) -> list[tuple[Exercise, list[Case]]]:
    """Return the exercises that `arguments` name, each with its known answers.

    An exercise may be followed by names of known answers to it, such as bare_except:
    then only those are returned. Raises ExerciseNotFound and KnownAnswerNotFound.
    """
    selection: list[tuple[Exercise, list[str]]] = []
    for argument in arguments:
        try:
            selection.append((Exercise.named(argument), []))
        except ExerciseNotFound:
            if not selection:
                raise
            selection[-1][1].append(argument)
    return [(exercise, _named(exercise, names)) for exercise, names in selection]


def _named(exercise: Exercise, names: Sequence[str]) -> list[Case]:
    known = {case.name.partition("/")[2]: case for case in all_cases(exercise)}
    selected = [name.rpartition("/")[2] for name in names] or list(known)
    for name in selected:
        if name not in known:
            raise KnownAnswerNotFound(exercise.name, name, sorted(known))
    return [known[name] for name in selected]


def answer_of(base: Answers, entry: Mapping[str, Any], file: Path) -> Answers:
    """Return the answers that an entry of known.toml makes. Raises ValueError."""
    if file.exists():
        return base | cells_of(file.read_text("utf-8"), list(base))
    answers = dict(base)
    for edit in entry["edits"]:
        grade_id = the_one_with(edit["old"], answers)
        answers[grade_id] = replaced_once(answers[grade_id], edit["old"], edit["new"])
    return answers


def cells_of(text: str, grade_ids: Sequence[str]) -> Answers:
    """Return the answers in the text of an answer's file, by their grade_id."""
    if len(grade_ids) == 1:
        return {grade_ids[0]: text}
    _, *parts = CELL.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def the_one_with(text: str, answers: Answers) -> str:
    """Return the grade_id of the only answer that has `text`. Raises ValueError."""
    having = [grade_id for grade_id, answer in answers.items() if text in answer]
    if len(having) != 1:
        raise ValueError(f"{len(having)} of its cells have this text:\n{text}")
    return having[0]
