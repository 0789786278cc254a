"""A verdict as HTML: what comes first, what is open, what stays escaped."""

import re

from autograder.gradebook.feedback import cleaned
from autograder.judge import Check, Exercise, Feedback, Verdict
from autograder.judge.run import Announced
from autograder.learning.moment import Moment
from autograder.learning.pages import (
    as_html,
    groups,
    progress_as_html,
    revealed_as_html,
    style,
)
from tests.autograder.judge.verdicts import verdict_of

HOSTILE = '</style><script>alert(1)</script><img src=x onerror="alert(2)">\n<b>bold</b>'


def body(html: str) -> str:
    """What follows the style sheet."""
    assert html.startswith(style())
    return html.removeprefix(style())


def tags(html: str) -> list[str]:
    """The names of the elements in `html`."""
    return re.findall(r"<(\w+)", html)


def with_feedback(verdict: Verdict, **parts: str) -> Verdict:
    """The same, with this feedback to every check that did not pass."""
    checks = [
        check
        if check.outcome == "passed"
        else check.model_copy(update={"feedback": Feedback(**parts)})
        for check in verdict.checks
    ]
    return verdict.model_copy(update={"checks": checks})


def test_failures_stand_first_and_open_and_passes_take_a_line() -> None:
    """Doubts come between them; a bar has a piece for each check, in their order."""
    outcomes = ("passed", "inconclusive", "failed", "passed", "timed_out", "error")
    html = body(as_html(with_feedback(verdict_of(*outcomes), saw="nothing")))
    shown = re.findall(r'class="check (\w+)"( open)?>', html)
    assert shown == [
        ("failed", " open"),
        ("timed_out", " open"),
        ("error", " open"),
        ("inconclusive", " open"),
        ("passed", ""),
        ("passed", ""),
    ]
    pieces = re.findall(r'<span class="(\w+)" style="flex-grow: 2.0"></span>', html)
    assert pieces == list(outcomes)
    assert 'aria-label="4 of 12 points"' in html


def test_a_busy_machine_stands_first_only_where_nothing_failed() -> None:
    """What failed is the learner's matter, however many checks are in doubt."""
    doubtful = body(as_html(verdict_of("passed", "inconclusive")))
    assert "Your machine was too busy to tell" in doubtful
    assert "failed all the same" not in doubtful
    failed = body(as_html(verdict_of("failed", "inconclusive")))
    assert 'class="headline bad"' in failed
    assert "Not all checks pass yet" in failed
    assert "what failed below has failed all the same" in failed


def test_each_outcome_is_a_word_and_a_sign() -> None:
    """Besides its color."""
    outcomes = ("passed", "failed", "inconclusive", "error", "timed_out")
    html = body(as_html(verdict_of(*outcomes)))
    for word in (
        "passed",
        "not yet",
        "machine too busy to tell",
        "could not be checked",
        "took too long",
    ):
        assert f'<span class="word">{word}</span>' in html
    assert len(set(re.findall(r'<span class="sign">(.)</span>', html))) == 5


def test_checks_are_grouped_by_the_answers_that_they_are_about() -> None:
    """The answer with a failed check first; one answer alone needs no group."""
    exercise = Exercise.named("11")
    names = [name for o in exercise.objectives for name in o.checks]
    checks = [
        Check(
            name=name,
            title=name,
            points=2,
            outcome="failed"
            if name == "test_swallowed_cancellation_is_found"
            else "passed",
        )
        for name in names
    ]
    verdict = verdict_of().model_copy(
        update={"exercise": exercise.name, "checks": checks}
    )
    found = groups(verdict)
    assert [(group.name, group.earned, group.points) for group in found] == [
        ("swallows_cancellation", 2, 4),
        ("review", 6, 6),
    ]
    assert found[0].checks[0].outcome == "failed"
    [alone] = groups(verdict_of("passed", "failed"))
    assert alone.name == ""


def test_a_verdict_on_an_exercise_that_is_gone_can_still_be_shown() -> None:
    """The store of an instructor may hold one."""
    verdict = verdict_of("failed").model_copy(update={"exercise": "99_gone"})
    assert "Title 0" in as_html(verdict)


def test_advice_stands_apart_from_what_was_seen() -> None:
    """In a box of its own, with code between backticks as code."""
    seen = with_feedback(verdict_of("failed"), saw="a 500", look="at `resolve()`.")
    html = body(as_html(seen))
    assert '<div class="part"><strong>Saw:</strong> <span>a 500</span></div>' in html
    assert '<div class="look"><strong>Look at:</strong>' in html
    assert "at <code>resolve()</code>." in html


def test_a_traceback_in_feedback_is_in_color() -> None:
    """And its text is what it was."""
    lines = 'the end:\n  File "/x/course/service/app.py", line 3, in main\nKeyError: 1'
    html = body(as_html(with_feedback(verdict_of("failed"), saw=lines)))
    assert '<strong class="raised">KeyError</strong>: 1' in html
    assert "<strong>app.py</strong>" in html


def test_what_learners_wrote_stays_text() -> None:
    """In feedback, titles, notes and hints; and what nbgrader keeps of it, as well."""
    verdict = with_feedback(
        verdict_of("failed"), sent=HOSTILE, saw=HOSTILE, look=HOSTILE, message=HOSTILE
    ).model_copy(update={"notes": [HOSTILE]})
    html = body(as_html(verdict))
    revealed = body(revealed_as_html([], {}, HOSTILE))
    for page in (html, revealed, body(cleaned(as_html(verdict)))):
        assert set(tags(page)) <= {
            *("div", "span", "strong", "code", "pre", "ul", "li", "ol"),
            *("details", "summary"),
        }
    assert body(cleaned(as_html(verdict))).count("<details") == html.count("<details")


def test_only_our_own_style_sheet_passes_into_feedback() -> None:
    """And only where it stands first."""
    other = "<style>body { display: none }</style>"
    assert cleaned(other).startswith("&lt;style&gt;")
    assert "<style>" not in cleaned(f"<p>{style()}")
    assert cleaned(f'{style()}<span onclick="x()" style="flex-grow: 2">a</span>') == (
        f'{style()}<span style="flex-grow: 2;">a</span>'
    )


def test_checks_tick_off_in_the_order_in_which_they_run() -> None:
    """The first that has not ended is running, the others wait."""
    verdict = verdict_of("passed", "failed", "passed", "passed")
    announced = [Announced(c.name, c.title, c.points) for c in verdict.checks]
    html = body(progress_as_html(announced, verdict.checks[:2], 1.25))
    rows = re.findall(r'class="check (\w+)"', html)
    assert rows == ["passed", "failed", "running", "waiting"]
    assert 'role="status" aria-live="polite"' in html
    assert "2 of 4 done, 1.2 s" in html
    assert "starting your answer" in progress_as_html([], [], 0.0)


def test_the_moment_stands_above_the_checks() -> None:
    """With its bars in words, for those who do not see them."""
    moment = Moment("A <fix>.", "Shorter.", "12 minutes.", (("You", "12 min", 26.7),))
    html = body(as_html(verdict_of("passed"), moment))
    assert html.index("A &lt;fix&gt;.") < html.index("Title 0")
    assert 'aria-label="You: 12 min"' in html
    assert 'style="width: 26.7%"' in html
