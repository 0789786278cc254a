"""The number of judgements at a time: as many as this machine bears, found as TCP does.

One more after each round without lag, and half as many after lag: additive increase,
multiplicative decrease (D.-M. Chiu and R. Jain, Computer Networks and ISDN Systems 17,
1989), as module 08 teaches it for clients.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from .verdict import Feedback, Verdict

# A judgement mostly waits; it needs a core for a fifth of its time.
FIRST_PER_CORE, MOST_PER_CORE = 2, 8
# Of any one second; see Verdict.lag_s. Measured with exercise 05 on two otherwise idle
# cores: two, three, four and six judgements a core had a median lag of 0.23, 0.41, 0.44
# and 0.64, and judged 1.1, 1.0, 1.3 and 1.3 submissions a second. Beyond half a second
# nothing is gained.
TOO_MUCH_LAG_S = 0.5
# Inconclusive submissions are judged again, alone, with every time limit multiplied by:
PATIENCE = 4.0

Judge = Callable[[float, int | None], Verdict]


class Window:
    """A limit on the judgements that run at a time; those beyond it wait.

    `fixed` sets it, whatever the lag; left out, it is between one and eight a core.
    """

    def __init__(self, fixed: int | None = None) -> None:
        cores = os.cpu_count() or 1
        self.size = fixed or FIRST_PER_CORE * cores
        self.least = fixed or cores
        self.most = fixed or MOST_PER_CORE * cores
        self._changed = threading.Condition()
        self._running = 0
        self._alone = 0  # how many run alone, or wait to
        self._ended = 0  # without lag, since the size last changed
        self._halved = 0  # how many times
        self._closed = False

    def judged(self, judge: Callable[[], Verdict]) -> Verdict:
        """Call `judge` once there is room. Raises CancelledError after `close`."""
        with self._changed:
            self._wait_for(lambda: not self._alone and self._running < self.size)
            self._running += 1
            halved = self._halved
        lag_s = None
        try:
            verdict = judge()
            lag_s = verdict.lag_s
        finally:
            with self._changed:
                self._running -= 1
                # A judgement that began before a halving saw the lag that caused it.
                if lag_s is not None and halved == self._halved:
                    self._learn(lag_s)
                self._changed.notify_all()
        return verdict

    def _learn(self, lag_s: float) -> None:
        if lag_s > TOO_MUCH_LAG_S:
            self.size = max(self.least, self.size // 2)
            self._ended = 0
            self._halved += 1
            return
        self._ended += 1
        if self._ended >= self.size:
            self.size = min(self.most, self.size + 1)
            self._ended = 0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other judgement runs, and let none start inside the block."""
        with self._changed:
            self._alone += 1
            try:
                self._wait_for(lambda: self._running == 0)
            except CancelledError:
                self._alone -= 1
                raise
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._alone -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Let no further judgement begin."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _wait_for(self, allowed: Callable[[], bool]) -> None:
        self._changed.wait_for(lambda: self._closed or allowed())
        if self._closed:
            raise CancelledError


def settled(judge: Judge, window: Window) -> Verdict:
    """Judge until the verdict is conclusive, three times at most, and return it.

    `judge` is called with a patience and a seed. An inconclusive submission is judged
    again, alone and with more patience, and then once more on the same inputs: a check
    on which these two verdicts differ stays inconclusive.
    """
    first = window.judged(lambda: judge(1.0, None))
    if not first.inconclusive:
        return first
    with window.alone():
        again = judge(PATIENCE, None)
        if again.inconclusive:
            return again
        return agreed(again, judge(PATIENCE, again.seed))


def agreed(second: Verdict, third: Verdict) -> Verdict:
    """Return `second`, with the checks on which `third` differs made inconclusive."""
    outcomes = {check.name: check.outcome for check in third.checks}
    undecided = {
        "outcome": "inconclusive",
        "feedback": Feedback(
            message="Judged twice, this check went one way and then the other: this"
            " machine is too busy to tell, or chance decides."
        ),
    }
    checks = [
        check
        if outcomes.get(check.name) == check.outcome
        else check.model_copy(update=undecided)
        for check in second.checks
    ]
    lag_s = max(second.lag_s, third.lag_s)
    return second.model_copy(update={"checks": checks, "lag_s": lag_s})
