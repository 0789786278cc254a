"""The cohort's report: its figures, and what it says of whom."""

import csv
import io

import pytest

from autograder.grading.cohort import MOST_COMPARED, Cohort, gist, significant
from autograder.judge import Check, Exercise, Feedback, Verdict
from autograder.judge.judging import LONGEST_ANSWER

EXERCISE = Exercise.named("05")
TITLES = ("It lives", "It logs", "It is <fast>")
LOOK = Feedback(sent="a", saw="b", expected="c", look="the handler.")


def verdict(*passed: bool) -> Verdict:
    """One on three checks, two points each."""
    checks = [
        Check(
            name=f"test_{number}",
            title=TITLES[number],
            points=2.0,
            outcome="passed" if good else "failed",
            feedback=Feedback() if good else LOOK,
        )
        for number, good in enumerate(passed)
    ]
    return Verdict(
        exercise=EXERCISE.name,
        answers_digest="",
        checks_digest="",
        confined="sandbox",
        held_back=True,
        seed=0,
        checks=checks,
        phases={},
        seconds=2,
    )


@pytest.fixture
def cohort() -> Cohort:
    """Four students; two of them have the same answer, but for its comments."""
    return Cohort(
        {
            "ada": verdict(True, True, True),
            "ben": verdict(True, True, False),
            "cy": verdict(True, False, False),
            "di": verdict(False, False, False),
        },
        {
            "ada": {"x": "def f(a):\n    return a + 1\n"},
            "ben": {"x": "# mine\ndef f(a):  # really\n\n    return a + 1\n"},
            "cy": {"x": "def f(a):\n    return [b for b in range(a) if b]\n"},
            "di": {"x": "def f(a):\n    return a + 1\n"},
        },
    )


def test_the_figures_are_those_of_the_class(cohort: Cohort) -> None:
    """Scores 6, 4, 2 and 0."""
    assert (cohort.size, cohort.points, cohort.full) == (4, 6.0, 1)
    assert (cohort.mean, cohort.median) == (3.0, 3.0)
    assert [row.student for row in cohort.rows] == ["di", "cy", "ben", "ada"]
    assert cohort.rows[0].failed == list(TITLES)


def test_discrimination_is_the_point_biserial_correlation(cohort: Cohort) -> None:
    """Computed by hand: passing (1, 1, 1, 0) against the others' (4, 2, 0, 0)."""
    lives, logs, _ = cohort.items
    mean_passed, mean_failed, deviation = 2.0, 0.0, 2.75**0.5
    by_hand = (mean_passed - mean_failed) / deviation * (0.75 * 0.25) ** 0.5
    assert lives.discrimination == pytest.approx(by_hand)
    assert (lives.failed, logs.failed) == (1, 2)
    assert logs.share_failed == 0.5


def test_a_check_that_all_pass_tells_nothing() -> None:
    """A dash, and no division by zero."""
    alone = Cohort({"ada": verdict(True, True, True)}, {"ada": {}})
    assert [item.discrimination for item in alone.items] == [None] * 3
    assert "–" in alone.as_html(EXERCISE)


def test_equal_answers_are_something_to_look_at(cohort: Cohort) -> None:
    """Comments and layout aside; who has no point is left out."""
    [group] = cohort.alike
    assert group.students == ["ada", "ben"]
    assert group.ratio == 1.0


def test_many_that_are_alike_are_one_group() -> None:
    """And not a line for each two of them; one that differs in a word is close."""
    source = (
        "def f(a):\n    return [" + ", ".join(f"a + {n}" for n in range(20)) + "]\n"
    )
    texts = [source, f"{source}# mine", source.replace("19", "99"), "print(1)", source]
    names = ["ada", "ben", "cy", "di", "ed"]
    cohort = Cohort(
        dict.fromkeys(names, verdict(True, True, True)),
        {name: {"x": text} for name, text in zip(names, texts, strict=True)},
    )
    [group] = cohort.alike
    assert sorted(group.students) == ["ada", "ben", "cy", "ed"]
    assert 0.95 <= group.ratio < 1


def test_who_is_told_the_same_by_several_checks_counts_once(cohort: Cohort) -> None:
    """As where an answer does not even start."""
    [feedback] = cohort.feedback
    assert feedback.students == ["ben", "cy", "di"]
    assert feedback.titles == ["It is <fast>", "It logs", "It lives"]


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(cohort: Cohort) -> None:
    """No address, no script; a title is text."""
    page = cohort.as_html(EXERCISE)
    assert "It is &lt;fast&gt;" in page
    assert "<fast>" not in page
    for word in ("http:", "https:", "<script", "<link", "src="):
        assert word not in page
    assert "the handler." in page


def test_the_table_has_a_column_a_check(cohort: Cohort) -> None:
    """As points."""
    rows = list(csv.DictReader(io.StringIO(cohort.as_csv())))
    assert [row["student"] for row in rows] == ["ada", "ben", "cy", "di"]
    assert [row["It logs"] for row in rows] == ["2.0", "2.0", "0.0", "0.0"]


def test_feedback_is_told_apart_by_where_to_look() -> None:
    """What was sent is random."""
    assert gist(LOOK) == "the handler."
    assert gist(Feedback(message="This took too long.")) == "This took too long."


def test_words_of_a_program_leave_out_its_layout() -> None:
    """Even of one that is no Python."""
    assert significant("a  =  1 # b\n") == ("a", "=", "1")
    assert significant("def f(:\n  '''")[:3] == ("def", "f", "(")


@pytest.mark.parametrize("unit", ["f(a, b)\n", "-+", "'a' ", "((", "x = 1; "])
def test_the_longest_answers_are_compared_at_once(unit: str) -> None:
    """Six of two hundred thousand characters, some of which hardly differ.

    Of each, so many tokens are looked at that it takes seconds, whatever they are.
    """
    names = [f"student{number}" for number in range(6)]
    answers = {}
    for number, name in enumerate(names):
        own = f"y{number % 3} = {number}\n"
        answers[name] = {"x": own + unit * ((LONGEST_ANSWER - len(own)) // len(unit))}
    for text in answers.values():
        assert len(significant(text["x"])) <= MOST_COMPARED
    cohort = Cohort(dict.fromkeys(names, verdict(True, True, True)), answers)
    assert sum(len(group.students) for group in cohort.alike) in {0, 6}


def test_a_table_holds_no_formula() -> None:
    """Neither in a student's id nor in the title of a check."""
    eve = Cohort({"=cmd|'x'!A1": verdict(True)}, {"=cmd|'x'!A1": {}})
    [row] = csv.DictReader(io.StringIO(eve.as_csv()))
    assert row["student"] == "'=cmd|'x'!A1"
    assert "=cmd" in eve.as_html(EXERCISE)
