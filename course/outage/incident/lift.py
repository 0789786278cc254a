"""Which requests the deaths of a fleet follow: the lift of their properties."""

from collections.abc import Callable, Mapping

from course.outage.telemetry.series import Telemetry
from course.outage.traffic.messages import route_header
from course.service.routing import resolve

# A property of a request: whether the text of a request has it.
Property = Callable[[str], bool]


def names_a_backend(raw: str) -> bool:
    """Return whether the X-Route header of the request `raw` names a backend."""
    try:
        resolve(route_header(raw.encode("latin-1")))
    except (LookupError, ValueError, TypeError, AttributeError):
        return False
    return True


PROPERTIES: Mapping[str, Property] = {
    "method GET": lambda raw: raw.startswith("GET"),
    "method PUT": lambda raw: raw.startswith("PUT"),
    "region us-east": lambda raw: "us-east" in raw.lower(),
    "names no backend": lambda raw: not names_a_backend(raw),
}


def lifts(
    telemetry: Telemetry, since: float, within_s: float = 0.3
) -> dict[str, float]:
    """Return the lift of each of PROPERTIES, by name.

    The lift is the share of the requests with the property that a death follows within
    `within_s` seconds, as a multiple of that share of all requests. It counts requests
    that were due from second `since` to the last death, each of them once.
    """
    deaths = [end.t for end in telemetry.exits()]
    until = max(deaths, default=since)
    sent = [t for t in telemetry.tries if t.number == 1 and since <= t.due <= until]
    followed = [any(0 < death - t.due <= within_s for death in deaths) for t in sent]

    def share(has: Property) -> float:
        some = [end for t, end in zip(sent, followed, strict=True) if has(t.raw)]
        return sum(some) / max(1, len(some))

    of_all = share(lambda _: True) or 1.0
    return {name: share(has) / of_all for name, has in PROPERTIES.items()}
