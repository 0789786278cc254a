"""A verdict: data, and nothing but data. Its JSON schema is verdict.schema.json."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from autograder.printable import one_line, printable

Outcome = Literal["passed", "failed", "inconclusive", "error", "timed_out"]

# Feedback quotes the output of learner code.
Printable = Annotated[str, BeforeValidator(printable)]
Line = Annotated[str, BeforeValidator(one_line)]


class Feedback(BaseModel):
    """Tells the learner what a check sent, saw and expected.

    `look` points at the idea that is missing. Where nothing was observed, such as in a
    cell that is no Python, `message` stands alone.
    """

    model_config = ConfigDict(frozen=True)

    sent: Printable = ""
    saw: Printable = ""
    expected: Printable = ""
    look: Printable = ""
    message: Printable = ""

    def labeled(self) -> list[tuple[str, str]]:
        """Return the parts that are not empty as (label, text) pairs, in order."""
        parts = {
            "Sent": self.sent,
            "Saw": self.saw,
            "Expected": self.expected,
            "Look at": self.look,
            "": self.message,
        }
        return [(label, text) for label, text in parts.items() if text]

    def __str__(self) -> str:
        """Return the feedback as lines of text, one for each part."""
        return "\n".join(
            f"{label}: {text}" if label else text for label, text in self.labeled()
        )


class Check(BaseModel):
    """One check: what it is worth, how it went, and what the learner is told."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="The pytest function that checks.")
    title: str = Field(description="The same in words.")
    points: float = Field(description="What it is worth: all or none are earned.")
    outcome: Outcome = Field(
        description="failed is the learner's matter; inconclusive: the machine was too"
        " busy to tell, which says nothing of the answer; error is ours: the check"
        " broke; timed_out did not end within the time for judging."
    )
    feedback: Feedback = Field(
        default=Feedback(), description="For the learner; empty, if it passed."
    )
    seconds: float = Field(default=0.0, description="How long it took.")

    @property
    def earned(self) -> float:
        """Return the points that this check earns: all or none."""
        return self.points if self.outcome == "passed" else 0.0


class Verdict(BaseModel):
    """How one set of answers fared in one exercise."""

    model_config = ConfigDict(frozen=True)

    version: Literal[2] = Field(default=2, description="Of this schema.")
    exercise: str = Field(description="The folder's name, such as 05_name.")
    answers_digest: str = Field(description="SHA-256 of the answers, in hex.")
    checks_digest: str = Field(description="SHA-256 of the checks that were run.")
    confined: Literal["sandbox", "limits"] = Field(description="How the code was run.")
    held_back: bool = Field(description="Whether the held-back checks were run too.")
    seed: int = Field(description="Of the inputs; with it they are the same again.")
    checks: list[Check]
    notes: list[Line] = Field(
        default=[], description="For the instructor: what was odd about the submission."
    )
    phases: dict[str, float] = Field(
        description="Seconds until the checks were collected (collect), to deploy"
        " releases (deploy, part of checks), for all checks, and to end (end)."
    )
    seconds: float = Field(description="All of it.")
    lag_s: float = Field(
        default=0.0,
        description="How busy the machine was: the most time, in seconds of any one"
        " second, that what was judged stood ready to run and got no processor.",
    )

    @property
    def score(self) -> float:
        """Return the number of points earned."""
        return sum(check.earned for check in self.checks)

    @property
    def at_most(self) -> float:
        """Return the highest possible score: inconclusive checks counted as passed."""
        undecided = (c.points for c in self.checks if c.outcome == "inconclusive")
        return self.score + sum(undecided)

    @property
    def inconclusive(self) -> bool:
        """Return whether the machine was too busy to decide one check or more."""
        return any(check.outcome == "inconclusive" for check in self.checks)

    @property
    def failed(self) -> bool:
        """Return whether a check failed, however busy the machine was for others."""
        return any(check.outcome in ("failed", "timed_out") for check in self.checks)

    @property
    def points(self) -> float:
        """Return the number of points that can be earned."""
        return sum(check.points for check in self.checks)

    @property
    def passed(self) -> bool:
        """Return whether every check passed."""
        return all(check.outcome == "passed" for check in self.checks)
