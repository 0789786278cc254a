"""The sign of life of a cell that starts a fleet, from its first moment on."""

import threading
from html import escape
from types import TracebackType
from typing import Any, Self

from course.outage import Fleet, Release
from course.outage.telemetry.series import Telemetry
from course.outage.traffic.load import Load

from .place import Place

LOOK_EVERY_S = 0.1


class Starting:
    """Says below the cell how the start of a fleet of `release` gets on.

    It has `replicas`; other `options` are those of Fleet. The `with` block lasts until
    the fleet serves.
    """

    def __init__(self, release: Release, replicas: int, **options: Any) -> None:
        self._telemetry = Telemetry()
        self._release, self._replicas = release, replicas
        self._options = options
        self._load: Load | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self._place = Place(*self._said())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        if exc is None:
            self._place.update(*self._said())

    def fleet(self) -> Fleet:
        """Start the fleet, and return it once it is ready. Raises OutageError."""
        return Fleet(
            self._release, self._replicas, telemetry=self._telemetry, **self._options
        )

    def wait_for(self, load: Load) -> None:
        """Say that the fleet has to serve `load` now."""
        self._load = load

    def _tell(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            self._place.update(*self._said())

    def _said(self) -> tuple[str, str]:
        """Return the sentence on how far the start has got, as HTML and as text."""
        ready = self._telemetry.ready()
        plural = "" if self._replicas == 1 else "s"
        text = f"Starting {self._replicas} replica{plural} of “{self._release.name}”"
        if ready < self._replicas:
            text += f" … {ready} ready"
        elif self._load is None or self._ended.is_set():
            text = f"{self._replicas} replica{plural} of “{self._release.name}”: ready."
        else:
            text += f" … ready; waiting for {self._load.rate:g} served requests"
        return f'<div style="opacity: .8">{escape(text)}</div>', text
