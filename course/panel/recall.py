"""Recall questions: what an earlier module taught, asked again a while later."""

from dataclasses import dataclass

from course.learner import curriculum, modules

from .prediction import Prediction


@dataclass(frozen=True)
class Question:
    """Asked in `module`, about an earlier one; `answer` is the letter of an option."""

    module: str
    about: str
    question: str
    options: tuple[str, ...]
    answer: str
    because: str


def questions() -> list[Question]:
    """Return those of all modules, in their order."""
    return [
        Question(module.number, **told | {"options": tuple(told["options"])})
        for module in modules()
        for told in curriculum.questions(module.name).get("recall", [])
    ]


class Recall(Prediction):
    """A question whose answer is told as soon as the learner has committed to one."""

    how = 'Without a button to press: recall("{module}", "a", "b"), a letter for each.'

    def __init__(self, asked: Question) -> None:
        super().__init__(asked.question, asked.options, asked.answer, asked.because)
        self._about = asked.about
        self.how = self.how.format(module=asked.module)

    def said_to(self, key: str) -> str:
        """Whether `key` is right, and why."""
        right = key == self.answer
        verdict = "Right." if right else f"The answer is {self.answer})."
        return f"{verdict} {self.because} (Module {self._about}.)"


def recall(module: str, *keys: str) -> None:
    """Ask the recall questions of `module`, such as "02".

    In a front end without widgets, `keys` answer them: a letter for each.
    """
    asked = [Recall(question) for question in questions() if question.module == module]
    for number, question in enumerate(asked):
        question.show()
        if number < len(keys):
            question.commit(keys[number])
