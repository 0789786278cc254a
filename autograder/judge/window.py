"""How many are judged at a time: as many as this machine bears, found as TCP does.

One more after each round without lag, half as many after lag: additive increase,
multiplicative decrease (D.-M. Chiu and R. Jain, Computer Networks and ISDN Systems 17,
1989), as module 08 teaches it for clients.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from .verdict import Feedback, Verdict

# A judgement mostly waits, and needs a core for a fifth of its time.
FIRST_PER_CORE, MOST_PER_CORE = 2, 8
# Of a second; see Verdict.lag_s. Exercise 05 on two cores with nothing else to do: two,
# three, four and six a core had a median lag of 0.23, 0.41, 0.44 and 0.64, and judged
# 1.1, 1.0, 1.3 and 1.3 submissions a second. Beyond half a second nothing is gained.
TOO_MUCH_LAG_S = 0.5
# What could not be told is judged again, alone; every time limit counts so often.
PATIENCE = 4.0

Judge = Callable[[float, int | None], Verdict]


class Window:
    """Room for some judgements at a time; whoever finds none waits.

    `fixed` says how many, whatever the lag; left out, between one and eight a core.
    """

    def __init__(self, fixed: int | None = None) -> None:
        cores = os.cpu_count() or 1
        self.size = fixed or FIRST_PER_CORE * cores
        self.least = fixed or cores
        self.most = fixed or MOST_PER_CORE * cores
        self._changed = threading.Condition()
        self._running = 0
        self._alone = 0  # how many are alone, or wait to be
        self._ended = 0  # without lag, since the size has changed
        self._halved = 0  # how often
        self._closed = False

    def judged(self, judge: Callable[[], Verdict]) -> Verdict:
        """Judge once there is room. Raises CancelledError after `close`."""
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
                # One that began before the halving met the lag that it was for.
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
        """Wait until nothing else is judged, and keep it so."""
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
        """Let nothing more begin."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _wait_for(self, there_is_room: Callable[[], bool]) -> None:
        self._changed.wait_for(lambda: self._closed or there_is_room())
        if self._closed:
            raise CancelledError


def settled(judge: Judge, window: Window) -> Verdict:
    """The verdict of `judge`, called with a patience and a seed, that can be relied on.

    One that is inconclusive is made again, alone and with more patience; and then once
    more, on the same inputs: a check on which the two differ stays inconclusive.
    """
    first = window.judged(lambda: judge(1.0, None))
    if not first.inconclusive:
        return first
    with window.alone():
        again = judge(PATIENCE, None)
        if again.inconclusive:
            return again
        return agreed(again, judge(PATIENCE, again.seed))


def agreed(one: Verdict, other: Verdict) -> Verdict:
    """Return what two judgements have in common; the rest is inconclusive."""
    outcomes = {check.name: check.outcome for check in other.checks}
    told = {
        "outcome": "inconclusive",
        "feedback": Feedback(
            message="Judged twice, this check went one way and then the other: this"
            " machine is too busy to tell, or chance decides."
        ),
    }
    checks = [
        check
        if outcomes.get(check.name) == check.outcome
        else check.model_copy(update=told)
        for check in one.checks
    ]
    lag_s = max(one.lag_s, other.lag_s)
    return one.model_copy(update={"checks": checks, "lag_s": lag_s})
