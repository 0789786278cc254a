"""Functions that notebooks call: `check`, `hint`, `solution` and the like."""

import inspect
import linecache
import re
import time
from collections.abc import Sequence
from functools import cache
from types import CodeType
from typing import Any

from IPython import get_ipython
from IPython.display import display

from autograder.instruments.suites import SuiteRunner
from autograder.judge import Answers, Exercise, JudgeError, Verdict, judge
from autograder.judge.run import Announced
from autograder.judge.verdict import Check
from autograder.printable import one_line
from autograder.sandbox import Confined
from course.learner import Journal, JournalNotWritten
from course.outage import Release
from course.panel.next_part import show_next

from .hint_panel import HintPanel
from .hints import Ladder, NotOpenYet, ladders, note, wanting
from .moment import Moment, moment_of
from .pages import as_html, progress_as_html
from .presenting import as_text, check_as_text, progress


class NotFromACell(JudgeError):
    """An object given to `check` is not defined by any cell of the notebook."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} was not defined by running a cell of this notebook. Run the cell"
            " with your answer, then this one again."
        )


class NotTheLastOne(JudgeError):
    """The cell that defines `name` was run again and did not run to its end."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The cell with your latest {name!r} has raised an error, a SyntaxError for"
            " instance, so what could be judged is the version before it. Mend that"
            " cell, run it, then run this one again."
        )


def check(exercise: str, *objects: Any) -> None:
    """Judge the cells that define `objects`, and show each check as it ends.

    For the visible checks, the verdict is that of `./outage check` and of grading.
    Raises JudgeError.
    """
    chosen = Exercise.named(exercise)
    answers = answers_of(chosen, objects)
    shown = ShownProgress()
    try:
        verdict = judge(chosen, answers, shown.ended, on_announced=shown.announced)
    except BaseException:
        shown.stop()
        raise
    journal = learners_journal()
    try:
        note(journal, chosen, answers, verdict)
    except JournalNotWritten as exc:
        print(exc)
    moment = moment_of(chosen, journal) if verdict.passed else None
    shown.replace_by(verdict_as_bundle(verdict, moment))
    # An answer that this call does not check needs no hint now.
    checked = [item.__name__ for item in objects]
    names = checked if verdict.passed else wanting(chosen, verdict)
    if names := [name for name in names if name in checked]:
        HintPanel(chosen, names, journal, verdict.passed)
    if verdict.passed:
        show_next(journal)


class ShownProgress:
    """The checks of a verdict under way, below the cell, each with how it has ended."""

    def __init__(self) -> None:
        self._announced: list[Announced] = []
        self._ended: list[Check] = []
        self._started = time.monotonic()
        self._handle = display(self._bundle(), raw=True, display_id=True)

    def announced(self, check: Announced) -> None:
        """Show a check that is about to run."""
        self._announced.append(check)
        self.replace_by(self._bundle())

    def ended(self, check: Check) -> None:
        """Show how a check has ended."""
        self._ended.append(check)
        self.replace_by(self._bundle())

    def stop(self) -> None:
        """Show that there will be no verdict."""
        words = f"Checking stopped: {len(self._ended)} checks had ended."
        self.replace_by({"text/plain": words, "text/html": words})

    def replace_by(self, bundle: dict[str, str]) -> None:
        """Show `bundle` in place of what is shown."""
        if self._handle is not None:
            self._handle.update(bundle, raw=True)

    def _bundle(self) -> dict[str, str]:
        seconds = time.monotonic() - self._started
        so_far = self._announced, self._ended, seconds
        lines = [progress(*so_far), *map(check_as_text, self._ended)]
        return {"text/plain": "\n".join(lines), "text/html": progress_as_html(*so_far)}


def hint(exercise: str, item: Any) -> None:
    """Print the open hints to the answer `item`, and the next one if it is earned."""
    ladder, journal = ladder_of(exercise, item)
    try:
        hints = [*ladder.hints, ladder.open_next(journal)]
        refusal = ""
    except (NotOpenYet, JournalNotWritten) as exc:
        hints, refusal = ladder.hints, str(exc)
    for number, text in enumerate(hints, start=1):
        print(f"Hint {number}: {text}\n")
    print(refusal or ladder_of(exercise, item)[0].standing)


def solution(exercise: str, item: Any, sure: bool = False) -> None:
    """Print the reference solution of the answer `item`, once it may be shown."""
    ladder, _ = ladder_of(exercise, item)
    if not sure and not ladder.solution_refusal():
        print(f'To see it, say so: solution("{exercise}", {item.__name__}, sure=True)')
        return
    try:
        print(ladder.solution())
    except NotOpenYet as exc:
        print(exc)


def ladder_of(exercise: str, item: Any) -> tuple[Ladder, Journal]:
    """Return the ladder of hints to `item`, and the journal that it is read from."""
    journal = learners_journal()
    ladder_by_name = ladders(Exercise.named(exercise), journal)
    name = getattr(item, "__name__", repr(item))
    if name not in ladder_by_name:
        raise NotFromACell(name)
    return ladder_by_name[name], journal


@cache
def learners_journal() -> Journal:
    """Return the journal of this kernel: the same object each time."""
    return Journal.here()


def verdict_as_bundle(verdict: Verdict, moment: Moment | None) -> dict[str, str]:
    """Return a verdict as a bundle that notebooks display."""
    text = as_text(verdict) + (f"\n{moment}" if moment else "")
    return {"text/plain": text, "text/html": as_html(verdict, moment)}


def release_of(exercise: str, *objects: Any) -> Release:
    """Make a release of the cells that define `objects`. Raises JudgeError."""
    chosen = Exercise.named(exercise)
    return chosen.release(answers_of(chosen, objects))


def try_suite(exercise: str, test: Any, release: Release) -> None:
    """Run the suite in the cell that defines `test` on `release`; print the result.

    Raises JudgeError.
    """
    [source] = answers_of(Exercise.named(exercise), (test,)).values()
    run = SuiteRunner(source, Confined.LIMITS, seed=1).run({"it": release})["it"]
    print(
        f"{release.name}: {len(run.passed)} tests passed, {len(run.failed)} failed"
        f"{', and it was stopped: ' * bool(run.stopped)}{run.stopped}"
    )
    for name in run.failed:
        print("   ", one_line(name.partition("::")[2] or name))


def answers_of(exercise: Exercise, objects: tuple[Any, ...]) -> Answers:
    """Return the text of the cell that defines each of `objects`, by its grade_id."""
    cells = {getattr(item, "__name__", ""): cell_of(item) for item in objects}
    return {s.grade_id: cells[s.defines] for s in exercise.slots if s.defines in cells}


def cell_of(item: Any) -> str:
    """Return the text of the whole cell that defines `item`.

    Raises NotFromACell, and NotTheLastOne if a later version of the cell failed.
    """
    name = getattr(item, "__name__", repr(item))
    shell = get_ipython()
    latest = latest_with(name, shell.history_manager.input_hist_raw if shell else [])
    code = code_of(item)
    if code is None and isinstance(item, type) and latest:
        return latest  # a class without methods: nothing else tells where it is from
    # IPython keeps the text of every cell that has run, under a file name of its own.
    file = code.co_filename if code else ""
    if "ipykernel_" not in file and not file.startswith("<ipython-input"):
        raise NotFromACell(name)
    text = "".join(linecache.getlines(file))
    if latest.split() != text.split():
        raise NotTheLastOne(name)
    return text


def code_of(item: Any) -> CodeType | None:
    """Return the code of a function, or of a method where `item` is a class."""
    candidates = [item, *(vars(item).values() if isinstance(item, type) else ())]
    functions = filter(inspect.isfunction, map(inspect.unwrap, candidates))
    return next((function.__code__ for function in functions), None)


def latest_with(name: str, cells: Sequence[str]) -> str:
    """Return the last of `cells` that defines `name`, even if running it failed."""
    definition = re.compile(rf"^(async\s+def|def|class)\s+{name}\b", re.MULTILINE)
    return next((cell for cell in reversed(cells) if definition.search(cell)), "")
