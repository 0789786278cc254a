"""The address at which notebooks import requests.

It stays, wherever the code moves: copies of notebooks in work/ outlive an update of the
course, and a submission is compared with the released notebook, imports included.
"""

from course.outage.traffic.messages import (
    MALFORMED,
    as_curl,
    http_request,
    malformed,
    put_order,
    well_formed,
    well_formed_route,
)

__all__ = [
    "MALFORMED",
    "as_curl",
    "http_request",
    "malformed",
    "put_order",
    "well_formed",
    "well_formed_route",
]
