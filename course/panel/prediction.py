"""Predictions: answers that learners commit to before the run that settles them."""

from collections.abc import Callable, Sequence
from typing import Self

import ipywidgets as widgets
from IPython.display import display

from course.learner import curriculum

from .display import marked, show
from .run import Run, RunIncomplete

# The letter of the answer that runs show, and the figures behind it; or None if the
# runs do not settle it, and the reason.
Observed = tuple[str | None, str]

# Up to this lag, an answer that the course did not expect is accepted. Above it, the
# machine may be the cause. In seconds of the worst second: see Telemetry.lag.
SURPRISED_UP_TO_S = 0.3
OFFER = (
    "Or look at the same run as it was recorded on a quiet machine. Without a button to"
    " press, .show_recorded() of this prediction shows it."
)


class Prediction:
    """A question with `options`; the learner commits to one, and may not change it.

    The course expects `answer`, a letter, and shows `because` when that is observed.
    Without an `answer`, whatever is observed is the answer. In a front end without
    widgets, `commit("b")` commits, and `how` says so.
    """

    how = 'Without a button to press: .commit("a"), with your letter, commits to one.'

    def __init__(
        self,
        question: str,
        options: Sequence[str],
        answer: str | None = None,
        because: str = "",
    ) -> None:
        self.question = question
        self.options = dict(zip("abcdefgh", options, strict=False))
        self.answer, self.because = answer, because
        self.committed: str | None = None
        self.observed: str | None = None
        self._shown = False
        self._look: Callable[..., Observed] = lambda *_: (None, "")
        self._runs: tuple[Run, ...] = ()
        self._choice = widgets.RadioButtons(
            options=[(f"{key}) {text}", key) for key, text in self.options.items()],
            value=None,
            layout=widgets.Layout(width="auto"),
        )
        self._button = widgets.Button(description="Commit", button_style="primary")
        self._message = widgets.HTML()
        self._button.on_click(lambda _: self._commit(self._choice.value))

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the prediction of a module and a name: "05 back". Raises KeyError."""
        number, _, name = name.partition(" ")
        questions = curriculum.questions(curriculum.module(number).name)
        return cls(**questions["predictions"][name])

    def commit(self, key: str | None) -> None:
        """Commit to an option by its letter, and print the reply."""
        print(self._commit(key))

    def _commit(self, key: str | None) -> str:
        if self.committed is not None:
            reply = f"You have committed to {self.committed}) already."
        elif key not in self.options:
            reply = "Choose one first."
        else:
            self.committed = key
            self._choice.value = key
            self._choice.disabled = self._button.disabled = True
            reply = self.reply_to(key)
        self._message.value = f'<div role="status">{marked(reply)}</div>'
        return reply

    def reply_to(self, key: str) -> str:
        """Return what the learner reads on committing to `key`."""
        return f"Committed to {key}). Run the next cells to see."

    def show(self) -> None:
        """Show the question to the learner."""
        self._shown = True
        options = "\n".join(f"  {key}) {text}" for key, text in self.options.items())
        box = widgets.VBox(
            [
                widgets.HTML(f"<strong>{marked(self.question)}</strong>"),
                self._choice,
                self._button,
                self._message,
            ]
        )
        box.add_class("outage-prediction")
        show(box, f"{self.question}\n{options}\n{self.how}")

    # --- the outcome

    def reveal(self, key: str, figures: str = "") -> None:
        """Show the observed option `key`, next to the predicted one."""
        self.observed = key
        tell([*self._truth(key, figures), self._beside(key)])

    def reveal_from(self, look: Callable[..., Observed], *runs: Run) -> None:
        """Show the option that `look` observes in `runs`, or why they do not settle it.

        In the second case, offer the runs that were recorded on a quiet machine.
        """
        self.observed = None
        self._look, self._runs = look, runs
        try:
            key, figures = look(*runs)
            lag_s = max(run.lag for run in runs)
        except RunIncomplete as exc:
            paragraphs = [f"Nothing was observed. {exc}"]
        else:
            if key and (key == self.answer or lag_s <= SURPRISED_UP_TO_S):
                self.observed = key
                tell([*self._truth(key, figures), self._beside(key)])
                return
            cells = " and ".join(f'"{run.name}"' for run in runs)
            again = f"Run the cell with {cells} in it again, then this one."
            paragraphs = [f"{busy(lag_s)} {figures}", again]
        self._offer([*paragraphs, OFFER])

    def show_recorded(self) -> None:
        """Show the recorded runs, and the option that they settle."""
        charts, paragraphs = self._recorded()
        tell(paragraphs, charts)

    def _recorded(self) -> tuple[str, list[str]]:
        """Return the charts and the paragraphs. Raises RecordingUnreadable."""
        runs = [Run.of_recording(run.lesson, run.name) for run in self._runs]
        key, figures = self._look(*runs)
        charts = "".join(run.picture() for run in runs)
        return charts, self._truth(str(key), figures, "Recorded")

    def _offer(self, paragraphs: list[str]) -> None:
        """Show `paragraphs`, and a button for the recorded runs."""
        button = widgets.Button(
            description="Show the recorded run",
            layout=widgets.Layout(width="max-content"),
        )
        recorded = widgets.HTML()

        def clicked(_: widgets.Button) -> None:
            charts, text = self._recorded()
            recorded.value = f'<div role="status">{charts}{as_html(text)}</div>'

        button.on_click(clicked)
        box = widgets.VBox([widgets.HTML(as_html(paragraphs)), button, recorded])
        box.add_class("outage-recorded")
        show(box, "\n".join(paragraphs))

    def _truth(self, key: str, figures: str, how: str = "Observed") -> list[str]:
        stop = "" if self.options[key].endswith(".”") else "."
        outcome = f"{how}: {key}) {self.options[key]}{stop} {figures}".strip()
        if self.answer is None:
            return [outcome]
        if key == self.answer:
            return [outcome, *self.because.strip().split("\n\n")]
        expected = self.options[self.answer]
        return [outcome, f"The course expected {self.answer}) {expected}."]

    def _beside(self, key: str) -> str:
        if not self._shown:
            return ""
        if self.committed is None:
            return "You had not committed to an answer this time."
        if self.committed == key:
            return "As you predicted."
        return f"You predicted: {self.committed}) {self.options[self.committed]}."


def busy(lag_s: float) -> str:
    """Return why a run on a machine that was `lag_s` late does not settle it."""
    if lag_s <= SURPRISED_UP_TO_S:
        return "This run does not tell."
    return (
        "This machine was too busy to tell: in the worst second of the run, its"
        f" processes stood ready for {lag_s:.1f} s and got no processor."
    )


def tell(paragraphs: list[str], above: str = "") -> None:
    """Show paragraphs, below the HTML `above`."""
    lines = [" ".join(paragraph.split()) for paragraph in paragraphs if paragraph]
    html = above + as_html(lines)
    display({"text/plain": "\n".join(lines), "text/html": html}, raw=True)


def as_html(paragraphs: list[str]) -> str:
    """Return paragraphs as HTML."""
    return "".join(f"<p>{marked(text)}</p>" for text in paragraphs if text)
