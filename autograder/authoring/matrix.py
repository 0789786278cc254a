"""The matrix of what is taught, checked and missing: course/matrix.md.

Nothing here is written by hand: objectives and hints come from each module's
exercise.toml, minutes from its module.toml, checks from its tests, wrong answers from
its known answers, headings from its lesson. `holes` names everything that is missing
or does not match.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.judge import Exercise
from autograder.judge.exercise import PROJECT, Objective, Rule, exercises
from course.learner.curriculum import module
from course.panel.recall import questions

from .known import Case, cases, checks_of

HINTS, RECALLS = 4, 2
BANNER = "<!-- Made by `./outage build`. Do not edit. -->\n"


class Module:
    """A module: its exercise, its lesson, its checks and known wrong answers."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.lesson = PROJECT / "course/lessons" / f"{exercise.name}.py"
        self.checks = checks_of(exercise)
        self.wrong: dict[str, set[str]] = {test: set() for test in self.checks}
        self.known = cases(exercise)
        for case in self.known:
            for test in case.fails:
                self.wrong.setdefault(test, set()).add(case.name)

    @property
    def headings(self) -> set[str]:
        """Return the headings of the lesson's sections."""
        text = self.lesson.read_text("utf-8")
        return set(re.findall(r"^# ## (.+)$", text, re.MULTILINE))

    def holes(self) -> Iterator[str]:
        """Yield a sentence for everything that is missing in the module."""
        exercise, slots = self.exercise, {s.grade_id for s in self.exercise.slots}
        text = _prose(exercise.solution)
        for objective in exercise.objectives:
            yield from self._holes_of(objective)
            if objective.can not in text or objective.can not in _prose(self.lesson):
                yield f"“{objective.can}” is no objective that learners read"
        for headings in module(exercise.number).topics.values():
            yield from self._not_taught(headings)
        tested = {test for o in exercise.objectives for test in o.checks}
        shown = {a for o in exercise.objectives for a in self.exercise.answers_to(o)}
        for test in self.checks.keys() - tested:
            yield f"{test} checks no objective"
        for grade_id in slots - shown:
            yield f"the answer {grade_id} shows no objective"
        for test, names in self.wrong.items():
            if not names:
                yield f"no known wrong answer fails {test}"
        yield from self._holes_in_rules(text)
        for slot in exercise.slots:
            if len(slot.hints) != HINTS:
                yield f"{slot.grade_id} has {len(slot.hints)} hints, not {HINTS}"
        if f"About {exercise.minutes} minutes" not in text:
            yield f"the exercise does not say that it takes {exercise.minutes} minutes"
        if sum(points for _, points in self.checks.values()) != 10:
            yield "the points of the checks do not add up to 10"
        asked = [q for q in questions() if q.module == exercise.number]
        if len(asked) != RECALLS:
            yield f"{len(asked)} recall questions, not {RECALLS}"
        # The first module has none before it, and asks about itself.
        if any(q.about >= q.module > "01" for q in asked):
            yield "a recall question is about no earlier module"

    def _holes_of(self, objective: Objective) -> Iterator[str]:
        yield from self._not_taught(objective.taught)
        for test in objective.checks:
            if test not in self.checks:
                yield f"there is no {test}"
        if not objective.taught or not objective.checks:
            yield f"“{objective.can}” is not taught, or not checked"

    def _holes_in_rules(self, text: str) -> Iterator[str]:
        """Yield what is missing where the task, whose `text` is given, states rules."""
        rules = {rule.name: rule for rule in self.exercise.rules}
        for rule in rules.values():
            if rule.says not in text:
                yield f"the task does not say “{rule.says}”, of the rule {rule.name}"
            if not rule.checks:
                yield f"no check watches the rule {rule.name}"
            for test in rule.checks:
                if test not in self.checks:
                    yield f"there is no {test}, which is to watch the rule {rule.name}"
            if not self.breaking(rule):
                yield f"no known wrong answer breaks the rule {rule.name} alone"
        for test in self.checks:
            if not any(test in rule.checks for rule in rules.values()):
                yield f"{test} watches no rule"
        for case in self.known:
            if not case.breaks:
                continue
            if case.breaks not in rules:
                yield f"{case.name} breaks {case.breaks!r}, which is no rule"
            elif not case.fails & set(rules[case.breaks].checks):
                yield f"{case.name} fails no check that watches {case.breaks}"
        for item in numbered_items(self.exercise.solution):
            if not any(rule.says in item for rule in rules.values()):
                yield f"no rule is named for “{item}”"

    def breaking(self, rule: Rule) -> list[Case]:
        """Return the known wrong answers that break `rule` alone."""
        return [case for case in self.known if case.breaks == rule.name]

    def _not_taught(self, headings: Iterable[str]) -> Iterator[str]:
        for heading in headings:
            if heading not in self.headings:
                yield f"no heading “{heading}” in {self.lesson.name}"


def modules() -> list[Module]:
    """Return every module that has an exercise, in the order of the course."""
    return [Module(exercise) for exercise in exercises()]


def holes() -> list[str]:
    """Return a sentence for everything that is missing in the course."""
    return [f"{m.exercise.name}: {hole}" for m in modules() for hole in m.holes()]


def as_markdown() -> str:
    """Return the matrix as Markdown, a table for each module."""
    parts = [
        BANNER,
        "# What is taught, and what checks it\n",
        "Each objective: where the lesson teaches it, which answers show it, which"
        " checks look, and how many known wrong answers each check must catch.\n",
        "Each rule that the task states: which checks watch it, and the known wrong"
        " answers that break it and no other.\n",
    ]
    for module_ in modules():
        exercise = module_.exercise
        hints = sum(len(slot.hints) for slot in exercise.slots)
        right = sum(case.is_right for case in module_.known)
        parts.append(
            f"## {exercise.number} · {exercise.title}\n\n{exercise.minutes} minutes for"
            f" the exercise, {len(exercise.slots)} answers, {hints} hints, {right}"
            f" known right and {len(module_.known) - right} known wrong answers.\n\n"
            "| objective | taught | shown in | checked by (points, wrong answers) |\n"
            "|---|---|---|---|"
        )
        parts += [_row(module_, objective) for objective in exercise.objectives]
        parts.append(
            "\n| rule | checked by | wrong answers that break it alone |\n|---|---|---|"
        )
        parts += [_rule_row(module_, rule) for rule in exercise.rules]
        parts.append("")
    return "\n".join(parts)


def _row(module: Module, objective: Objective) -> str:
    checks = "; ".join(
        f"{title} ({points:g}, {len(module.wrong[test])})"
        for test in objective.checks
        for title, points in [module.checks[test]]
    )
    shown = ", ".join(module.exercise.answers_to(objective))
    return f"| {objective.can} | {'; '.join(objective.taught)} | {shown} | {checks} |"


def _rule_row(module: Module, rule: Rule) -> str:
    checks = "; ".join(module.checks[test][0] for test in rule.checks)
    broken = ", ".join(case.name.partition("/")[2] for case in module.breaking(rule))
    return f"| {rule.says} | {checks} | {broken} |"


def numbered_items(path: Path) -> list[str]:
    """Return the items of the numbered lists in a percent source, a line each."""
    return [
        " ".join(re.sub(r"^#", "", item, flags=re.MULTILINE).split())
        for item in re.findall(
            r"^# +\d\. (.*(?:\n#    .*)*)", path.read_text("utf-8"), re.MULTILINE
        )
    ]


def _prose(path: Path) -> str:
    """Return the text of a percent source without comment signs and line ends."""
    lines = path.read_text("utf-8").splitlines()
    return " ".join(" ".join(line.removeprefix("#").split()) for line in lines)
