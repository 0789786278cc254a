"""Re-exports the functions that build requests, at the address that answers import.

An answer that has been handed in may be judged again after an update of the course, so
this address stays wherever the code moves.
"""

from course.outage.traffic.messages import (
    MALFORMED,
    as_curl,
    http_request,
    malformed,
    put_order,
    route_header,
    well_formed,
    well_formed_route,
)

__all__ = [
    "MALFORMED",
    "as_curl",
    "http_request",
    "malformed",
    "put_order",
    "route_header",
    "well_formed",
    "well_formed_route",
]
