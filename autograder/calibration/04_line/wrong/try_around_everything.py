# fails: test_our_own_bugs_come_out
# feedback: what stands in your try besides the reading of the header
# %% parse_route
import json


class RouteError(Exception):
    pass


def parse_route(header, shards_of):
    try:
        route = json.loads(header)
        region, shard = route["region"].lower(), int(route["shard"])
        if not 0 <= shard < shards_of(region):
            raise IndexError(shard)
        return region, shard
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as exc:
        error = RouteError("unreadable")
        error.add_note(repr(header))
        raise error from exc
