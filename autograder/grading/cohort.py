"""The cohort of one exercise: who stands where, what stops whom, who is alike."""

import csv
import difflib
import io
import statistics
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.judge import Answers, Exercise, Feedback, Verdict

TEMPLATE = "report.html.j2"
ALIKE_FROM = 0.95
MOST_COMMON = 12

# Layout and comments are no part of what an answer does.
LEFT_OUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Row:
    """One student: the score, and the titles of the checks that did not pass."""

    student: str
    score: float
    failed: list[str]


@dataclass(frozen=True)
class Item:
    """One check over the cohort.

    `discrimination` is the point-biserial correlation between passing it and the score
    on all other checks (Lord and Novick, 1968, chapter 15); None where all or none
    pass, or all others score the same.
    """

    title: str
    failed: int
    share_failed: float
    discrimination: float | None


@dataclass(frozen=True)
class Told:
    """What several students were told, and the checks that said so."""

    titles: list[str]
    text: str
    students: list[str]


@dataclass(frozen=True)
class Group:
    """Students with nearly the same answers.

    Each is at least as close as `ratio` to another one; 1 where all are equal.
    """

    students: list[str]
    ratio: float


@dataclass(frozen=True)
class Cohort:
    """The verdicts on a class, and the answers that they are about, by student."""

    verdicts: Mapping[str, Verdict]
    answers: Mapping[str, Answers]

    @property
    def size(self) -> int:
        """How many have handed in."""
        return len(self.verdicts)

    @property
    def points(self) -> float:
        """What can be earned."""
        return max(verdict.points for verdict in self.verdicts.values())

    @property
    def scores(self) -> list[float]:
        """By student."""
        return [verdict.score for verdict in self.verdicts.values()]

    @property
    def mean(self) -> float:
        """Of the scores."""
        return statistics.fmean(self.scores)

    @property
    def median(self) -> float:
        """Of the scores."""
        return statistics.median(self.scores)

    @property
    def full(self) -> int:
        """How many have passed every check."""
        return sum(verdict.passed for verdict in self.verdicts.values())

    @property
    def mean_seconds(self) -> float:
        """To judge one submission."""
        return statistics.fmean(v.seconds for v in self.verdicts.values())

    @property
    def longest_seconds(self) -> float:
        """To judge the one that took longest."""
        return max(verdict.seconds for verdict in self.verdicts.values())

    @property
    def rows(self) -> list[Row]:
        """The lowest score first: who needs help stands at the top."""
        rows = [
            Row(
                student,
                verdict.score,
                [c.title for c in verdict.checks if c.outcome != "passed"],
            )
            for student, verdict in self.verdicts.items()
        ]
        return sorted(rows, key=lambda row: (row.score, row.student))

    @property
    def items(self) -> list[Item]:
        """Each check, in the order of the exercise."""
        names = {c.name: c.title for v in self.verdicts.values() for c in v.checks}
        return [self._item(name, title) for name, title in names.items()]

    def _item(self, name: str, title: str) -> Item:
        passed, others = [], []
        for verdict in self.verdicts.values():
            by_name = {check.name: check for check in verdict.checks}
            if check := by_name.get(name):
                passed.append(float(check.outcome == "passed"))
                others.append(verdict.score - check.earned)
        failed = len(passed) - int(sum(passed))
        try:
            # The point-biserial correlation is Pearson's, one variable being 0 or 1.
            discrimination = statistics.correlation(passed, others)
        except statistics.StatisticsError:  # fewer than two, or all of one the same
            discrimination = None
        return Item(title, failed, failed / len(passed), discrimination)

    @property
    def feedback(self) -> list[Told]:
        """What most students were told, the most common first.

        Told apart by what was seen and where to look, since inputs are random.
        """
        students: dict[str, list[str]] = defaultdict(list)
        titles: dict[str, list[str]] = defaultdict(list)
        for student, verdict in self.verdicts.items():
            for check in verdict.checks:
                text = gist(check.feedback)
                if check.outcome == "passed":
                    continue
                if student not in students[text]:  # several checks may say the same
                    students[text].append(student)
                if check.title not in titles[text]:
                    titles[text].append(check.title)
        found = [Told(titles[text], text, who) for text, who in students.items()]
        found.sort(key=lambda each: -len(each.students))
        return found[:MOST_COMMON]

    @property
    def alike(self) -> list[Group]:
        """Students whose answers are nearly the same, the largest group first."""
        by_words: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for student, answers in self.answers.items():
            if self.verdicts[student].score:  # those without an answer are alike too
                by_words[significant(" ".join(answers.values()))].append(student)
        groups = [Group(students, 1.0) for students in by_words.values()]
        where = dict(enumerate(groups))
        for first, second, ratio in near(list(by_words)):
            one, other = where[first], where[second]
            if one is other:
                continue
            both = Group(
                one.students + other.students, min(one.ratio, other.ratio, ratio)
            )
            where |= {n: both for n, group in where.items() if group in (one, other)}
        found = {id(group): group for group in where.values()}.values()
        several = [group for group in found if len(group.students) > 1]
        return sorted(several, key=lambda group: (-len(group.students), -group.ratio))

    def as_html(self, exercise: Exercise) -> str:
        """One page that needs nothing else."""
        loader = FileSystemLoader(Path(__file__).parent)
        pages = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        page = pages.get_template(TEMPLATE).render(exercise=exercise, cohort=self)
        return str(page)

    def as_csv(self) -> str:
        """A line a student, a column a check: the points that it gave."""
        titles = [item.title for item in self.items]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["student", "score", "points", "seconds", *titles])
        for student, verdict in sorted(self.verdicts.items()):
            earned = {check.title: check.earned for check in verdict.checks}
            writer.writerow(
                [
                    student,
                    verdict.score,
                    verdict.points,
                    verdict.seconds,
                    *(earned.get(title, "") for title in titles),
                ]
            )
        return text.getvalue()


def near(texts: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, float]]:
    """The pairs of `texts` that hardly differ, by place, and how close they are."""
    matcher = difflib.SequenceMatcher[str](autojunk=False)
    for second, words in enumerate(texts):
        matcher.set_seq2(words)
        for first in range(second):
            matcher.set_seq1(texts[first])
            # From the cheapest bound to the dearest: most pairs end at the first.
            bounds = matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio
            if all(bound() >= ALIKE_FROM for bound in bounds):
                yield first, second, matcher.ratio()


def gist(feedback: Feedback) -> str:
    """Return what a check's feedback says to look at, or else its first line."""
    first, _, _ = (feedback.look or str(feedback)).partition("\n")
    return first.removesuffix(" Its last lines:")


def significant(source: str) -> tuple[str, ...]:
    """The words of a program without comments and layout; cut at what is no Python."""
    found: list[str] = []
    with suppress(tokenize.TokenError, SyntaxError):  # learners hand in what they have
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        found.extend(token.string for token in tokens if token.type not in LEFT_OUT)
    return tuple(found)
