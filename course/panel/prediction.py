"""Predict, then see: an answer that is committed before the run that settles it."""

from collections.abc import Sequence

import ipywidgets as widgets

from .showing import marked, show


class Prediction:
    """A question with `options`; the learner commits to one, and may not change it.

    In a front end without widgets, `commit("b")` does the same, and `how` says so.
    """

    how = 'Without a button to press: .commit("a"), with your letter, commits to one.'

    def __init__(self, question: str, options: Sequence[str]) -> None:
        self.question = question
        self.options = dict(zip("abcdefgh", options, strict=False))
        self.committed: str | None = None
        self._choice = widgets.RadioButtons(
            options=[(f"{key}) {text}", key) for key, text in self.options.items()],
            value=None, layout=widgets.Layout(width="auto"),
        )  # fmt: skip
        self._button = widgets.Button(description="Commit", button_style="primary")
        self._said = widgets.HTML()
        self._button.on_click(lambda _: self._commit(self._choice.value))

    def commit(self, key: str | None) -> None:
        """Commit to an option by its letter, and print what there is to say."""
        print(self._commit(key))

    def _commit(self, key: str | None) -> str:
        if self.committed is not None:
            said = f"You have committed to {self.committed}) already."
        elif key not in self.options:
            said = "Choose one first."
        else:
            self.committed = key
            self._choice.value = key
            self._choice.disabled = self._button.disabled = True
            said = self.said_to(key)
        self._said.value = f'<div role="status">{marked(said)}</div>'
        return said

    def said_to(self, key: str) -> str:
        """What the learner reads on committing to `key`."""
        return f"Committed to {key}). Run the next cells to see."

    def show(self) -> None:
        """Put the question to the learner."""
        options = "\n".join(f"  {key}) {text}" for key, text in self.options.items())
        box = widgets.VBox(
            [widgets.HTML(f"<strong>{marked(self.question)}</strong>"), self._choice,
             self._button, self._said]
        )  # fmt: skip
        box.add_class("outage-prediction")
        show(box, f"{self.question}\n{options}\n{self.how}")

    def reveal(self, key: str, because: str) -> None:
        """Say what was observed, next to what was predicted."""
        truth = f"Observed: {key}) {self.options[key]}. {because}"
        if self.committed is None:
            print(f"{truth}\nYou had not committed to an answer this time.")
        elif self.committed == key:
            print(f"{truth}\nAs you predicted.")
        else:
            predicted = self.options[self.committed]
            print(f"{truth}\nYou predicted: {self.committed}) {predicted}.")
