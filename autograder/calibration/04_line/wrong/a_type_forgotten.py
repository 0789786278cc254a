# fails: test_malformed_headers_are_translated
# feedback: which types the reading of a header can raise
# %% parse_route
import json


class RouteError(Exception):
    pass


def parse_route(header, shards_of):
    try:
        route = json.loads(header)
        region, shard = route["region"].lower(), int(route["shard"])
    except (ValueError, LookupError, TypeError) as exc:
        error = RouteError("unreadable")
        error.add_note(repr(header))
        raise error from exc
    if not 0 <= shard < shards_of(region):
        error = RouteError("no such shard")
        error.add_note(repr(header))
        raise error
    return region, shard
