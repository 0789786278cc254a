"""Settles the predictions of lesson 06; course/modules/README.md says how."""

from course.outage.traffic.wire import Response
from course.panel import Observed


def without(*responses: Response) -> Observed:
    """The statuses of the responses that have no request id."""
    missing = [r.status for r in responses if "x-request-id" not in (r.headers or {})]
    figure = f"{len(responses) - len(missing)} of {len(responses)}"
    says = "responses have an id."
    if missing:
        says += f" Without one: {', '.join(map(str, missing))}."
    expected = {(): "a", (404, 422): "b", (500,): "c"}
    return Observed(expected.get(tuple(missing)), figure, says)


def nan(response: Response) -> Observed:
    """The status of the answer to a NaN."""
    key = {422: "a", 500: "b", 200: "c"}.get(response.status or 0)
    status, _, phrase = str(response).partition(" ")
    return Observed(key, status, f"{phrase} was the answer.")
