# fails: test_malformed_headers_are_translated
# feedback: `add_note`
# %% parse_route
import json


class RouteError(Exception):
    pass


def parse_route(header, shards_of):
    try:
        route = json.loads(header)
        region, shard = route["region"].lower(), int(route["shard"])
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as exc:
        raise RouteError(f"unreadable: {header}") from exc
    if not 0 <= shard < shards_of(region):
        raise RouteError(f"no such shard: {header}")
    return region, shard
