"""A verdict: data, and nothing but data."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Outcome = Literal["passed", "failed", "error", "timed_out"]


class Check(BaseModel):
    """One check: what it is worth, how it went, and what the learner is told.

    `failed` is the learner's matter and `error` ours: the check itself broke.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    points: float
    outcome: Outcome
    feedback: str = ""

    @property
    def earned(self) -> float:
        """The points it gives: all or none."""
        return self.points if self.outcome == "passed" else 0.0


class Verdict(BaseModel):
    """How one set of answers fared; digests are SHA-256, in hex."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    exercise: str
    answers_digest: str
    checks_digest: str
    checks: list[Check]
    seconds: float

    @property
    def score(self) -> float:
        """Points earned."""
        return sum(check.earned for check in self.checks)

    @property
    def points(self) -> float:
        """Points to be had."""
        return sum(check.points for check in self.checks)

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.outcome == "passed" for check in self.checks)
