"""Recall questions, which ask again about the lessons of earlier modules."""

from dataclasses import dataclass

from course.learner import curriculum, modules

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
    """A question whose answer is shown as soon as the learner has committed to one."""

    how = 'Without a button to press: recall("{module}", "a", "b"), a letter for each.'

    def __init__(self, data: Question) -> None:
        super().__init__(data.question, data.options, data.answer, data.because)
        self._about = data.about
        self.how = self.how.format(module=data.module)

    def reply_to(self, key: str) -> str:
        """Return whether `key` is right, and why, for the learner."""
        right = key == self.answer
        verdict = "Right." if right else f"The answer is {self.answer})."
        return f"{verdict} {self.because} (Module {self._about}.)"


def recall(module: str, *keys: str) -> None:
    """Ask the recall questions of `module`, such as "02".

    In a front end without widgets, `keys` answer them: a letter for each question.
    """
    recalls = [Recall(data) for data in questions() if data.module == module]
    for number, question in enumerate(recalls):
        question.show()
        if number < len(keys):
            question.commit(keys[number])
