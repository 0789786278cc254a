"""The cohort of one exercise: scores, the checks that fail, and similar answers."""

import csv
import io
import statistics
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from autograder.judge import Answers, Exercise, Feedback, Verdict
from autograder.printable import cell, one_line

TEMPLATE = "report.html.j2"
ALIKE_FROM = 0.95
MOST_COMMON = 12

# Tokens of an answer; the solutions have fewer than two thousand. All of the longest
# answers that are judged would take a second for each two of them.
MOST_COMPARED = 20_000

# Layout and comments do not change what an answer does.
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
    """A student's score, and the titles of the checks that did not pass."""

    student: str
    score: float
    failed: list[str]


@dataclass(frozen=True)
class Item:
    """A check's results over the cohort.

    `discrimination` is the point-biserial correlation between passing it and the score
    on all other checks (Lord and Novick, 1968, chapter 15); None where all or none
    pass, or all others score the same.
    """

    title: str
    failed: int
    share_failed: float
    discrimination: float | None


@dataclass(frozen=True)
class CommonFeedback:
    """A text that several students were shown, and the checks that showed it."""

    titles: list[str]
    text: str
    students: list[str]


@dataclass(frozen=True)
class Group:
    """Students with nearly the same answers.

    Each is at least as close as `ratio` to another one; it is 1 where all are equal.
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
        """Return the number of students who have handed in."""
        return len(self.verdicts)

    @property
    def points(self) -> float:
        """Return the number of points that can be earned."""
        return max(verdict.points for verdict in self.verdicts.values())

    @property
    def scores(self) -> list[float]:
        """Return the scores, in the order of the students."""
        return [verdict.score for verdict in self.verdicts.values()]

    @property
    def mean(self) -> float:
        """Return the mean score."""
        return statistics.fmean(self.scores)

    @property
    def median(self) -> float:
        """Return the median score."""
        return statistics.median(self.scores)

    @property
    def full(self) -> int:
        """Return the number of students who have passed every check."""
        return sum(verdict.passed for verdict in self.verdicts.values())

    @property
    def mean_seconds(self) -> float:
        """Return the mean number of seconds to judge a submission."""
        return statistics.fmean(v.seconds for v in self.verdicts.values())

    @property
    def longest_seconds(self) -> float:
        """Return the seconds to judge the submission that took longest."""
        return max(verdict.seconds for verdict in self.verdicts.values())

    @property
    def rows(self) -> list[Row]:
        """Return a row for each student, lowest score (who needs help) first."""
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
        """Return an item for each check, in the order of the exercise."""
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
        except statistics.StatisticsError:  # fewer than two, or no variation
            discrimination = None
        return Item(title, failed, failed / len(passed), discrimination)

    @property
    def feedback(self) -> list[CommonFeedback]:
        """Return the feedback that most students were shown, the most common first.

        Feedback with the same `gist` counts as the same, since inputs are random.
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
        common = [
            CommonFeedback(titles[text], text, names)
            for text, names in students.items()
        ]
        common.sort(key=lambda feedback: -len(feedback.students))
        return common[:MOST_COMMON]

    @property
    def alike(self) -> list[Group]:
        """Return groups of students with nearly the same answers, the largest first."""
        by_tokens: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for student, answers in self.answers.items():
            if self.verdicts[student].score:  # or students without an answer were alike
                by_tokens[significant(" ".join(answers.values()))].append(student)
        groups = [Group(students, 1.0) for students in by_tokens.values()]
        group_of = dict(enumerate(groups))
        for first, second, ratio in near(list(by_tokens)):
            left, right = group_of[first], group_of[second]
            if left is right:
                continue
            both = Group(
                left.students + right.students, min(left.ratio, right.ratio, ratio)
            )
            merged = [n for n, group in group_of.items() if group in (left, right)]
            group_of |= dict.fromkeys(merged, both)
        distinct = {id(group): group for group in group_of.values()}.values()
        several = [group for group in distinct if len(group.students) > 1]
        return sorted(several, key=lambda group: (-len(group.students), -group.ratio))

    def as_html(self, exercise: Exercise) -> str:
        """Return the report as one HTML page that loads nothing else."""
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
        """Return the report as CSV: a row for each student, a column for each check."""
        titles = [item.title for item in self.items]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["student", "score", "points", "seconds", *map(cell, titles)])
        for student, verdict in sorted(self.verdicts.items()):
            earned = {check.title: check.earned for check in verdict.checks}
            writer.writerow(
                [
                    cell(student),
                    verdict.score,
                    verdict.points,
                    verdict.seconds,
                    *(earned.get(title, "") for title in titles),
                ]
            )
        return text.getvalue()


def near(texts: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, float]]:
    """Yield the indexes of two `texts` that hardly differ, and their similarity."""
    similar = cdist(
        texts,
        texts,
        scorer=Indel.normalized_similarity,
        score_cutoff=ALIKE_FROM,
        dtype=np.float64,
    )
    for second, first in np.argwhere(np.tril(similar, -1)):
        yield int(first), int(second), float(similar[second, first])


def gist(feedback: Feedback) -> str:
    """Return the first line of a feedback's `look`, or of all of it without one."""
    first, _, _ = (feedback.look or str(feedback)).partition("\n")
    return one_line(first.removesuffix(" Its last lines:"))


def significant(source: str) -> tuple[str, ...]:
    """Return a program's tokens without comments and layout, up to a syntax error.

    Of those, at most MOST_COMPARED are returned.
    """
    strings: list[str] = []
    with suppress(tokenize.TokenError, SyntaxError):  # an answer may be no Python
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        words = (token.string for token in tokens if token.type not in LEFT_OUT)
        strings.extend(islice(words, MOST_COMPARED))
    return tuple(strings)
