"""A learner's progress: the journal's events on the parts of the curriculum."""

from dataclasses import dataclass

from .curriculum import Module, Part, modules
from .journal import Journal

LESSON, VERDICT = "lesson", "verdict"


@dataclass(frozen=True)
class Progress:
    """The parts that are done, and the best score so far of each exercise."""

    modules: tuple[Module, ...]
    done: frozenset[str]
    best: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, journal: Journal) -> "Progress":
        """Read the progress from `journal`. A passed verdict completes an exercise."""
        done: set[str] = set()
        best: dict[str, tuple[float, float]] = {}
        for event in journal.events():
            try:
                if event["kind"] == LESSON:
                    done.add(f"lesson {event['number']}")
                elif event["kind"] == VERDICT:
                    number = str(event["exercise"])[:2]
                    score = float(event["score"]), float(event["points"])
                    best[number] = max(best.get(number, (0.0, 0.0)), score)
                    if event["passed"]:
                        done.add(f"exercise {number}")
            except (KeyError, TypeError, ValueError):
                continue  # written by another version, or by hand
        return cls(tuple(modules()), frozenset(done), best)

    @property
    def parts(self) -> list[Part]:
        """Return every lesson and exercise, in the order of the course."""
        return [part for module in self.modules for part in module.parts]

    def is_done(self, part: Part) -> bool:
        """Return whether the learner has finished `part`."""
        return part.label in self.done

    @property
    def next(self) -> Part | None:
        """Return the first part that is not done, or None at the end."""
        return next((p for p in self.parts if not self.is_done(p)), None)

    @property
    def minutes_left(self) -> int:
        """Return the minutes that the parts not yet done take."""
        return sum(p.minutes for p in self.parts if not self.is_done(p))

    def state(self, part: Part) -> str:
        """Return the state of `part` for display: done, next, a score, or nothing."""
        if self.is_done(part):
            return "done"
        score, points = self.best.get(part.number, (0.0, 0.0))
        if part.kind == "exercise" and score:
            return f"{score:g} of {points:g} points"
        return "next" if part == self.next else ""
