"""Recall questions, which ask again about the lessons of earlier modules."""

from collections.abc import Callable
from dataclasses import dataclass

from course.learner import curriculum, modules

from .display import Shown
from .next_part import lesson_done
from .prediction import Prediction


@dataclass(frozen=True)
class Question:
    """A question in `module` about an earlier one; `answer` is an option's letter."""

    module: str
    about: str
    question: str
    options: tuple[str, ...]
    answer: str
    because: str


def questions() -> list[Question]:
    """Return the recall questions of all modules, in the order of the course."""
    return [
        Question(module.number, **entry | {"options": tuple(entry["options"])})
        for module in modules()
        for entry in curriculum.questions(module.name).get("recall", [])
    ]


class Recall(Prediction):
    """A question whose answer is shown as soon as the learner has committed to one.

    Then it calls `answered`.
    """

    how = 'Without a button to press: recall("{module}", "a", "b"), a letter for each.'

    def __init__(
        self, data: Question, answered: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(data.question, data.options, data.answer, data.because)
        self._about = data.about
        self._answered = answered
        self.kicker = f"Recall · module {data.about}"
        self.how = self.how.format(module=data.module)

    def _commit(self, key: str | None) -> str:
        before, reply = self.committed, super()._commit(key)
        if before is None and self.committed is not None:
            self._answered()
        return reply

    def reply_to(self, key: str) -> str:
        """Return whether `key` is right, and why, for the learner."""
        right = key == self.answer
        verdict = "Right." if right else f"The answer is {self.answer})."
        return f"{verdict} {self.because} (Module {self._about}.)"

    def _after(self, reply: str) -> str:
        right = self.committed == self.answer
        marks = {self.answer: "right"}
        return self.card(marks=marks, paragraphs=[reply], right=right)


def recall(module: str, *keys: str) -> None:
    """Ask the recall questions of `module`, such as "02".

    In a front end without widgets, `keys` answer them: a letter for each question. The
    last answer ends the lesson: it is recorded as done, and the next part is shown.
    """
    asked: list[Recall] = []

    def answered() -> None:
        if all(question.committed for question in asked):
            end.replace(*lesson_done(module))

    asked += [Recall(data, answered) for data in questions() if data.module == module]
    for question in asked:
        question.show()
    end = Shown("<p>Answer both questions to finish the lesson.</p>", "")
    for question, key in zip(asked, keys, strict=False):
        question.commit(key)
