"""An event loop whose clock leaps ahead: it computes minutes of waiting in an instant.

    with asyncio.Runner(loop_factory=FakeClockLoop) as runner:
        runner.run(client(...))    # sleeps and time-outs take no time

Code that waits for time alone runs as it would on a real clock, in the same order. It
may wait for nothing else.
"""

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any


class _Leaping(selectors.BaseSelector):
    """A selector that puts its clock forward by `timeout` seconds, without waiting."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now_s = 0.0

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("Nothing is scheduled: on this clock it is for ever.")
        self.now_s += max(0.0, timeout)
        return self._real.select(0)

    def register(self, *args: Any) -> selectors.SelectorKey:
        return self._real.register(*args)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class FakeClockLoop(asyncio.SelectorEventLoop):
    """An event loop whose time begins at 0 and passes only with nothing left to do."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Return the seconds since the loop was made, on its own clock."""
        return self._leaping.now_s
