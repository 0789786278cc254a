# %% parse_route
import json


class RouteError(Exception):
    def __init__(self, what, header):
        super().__init__(what)
        self.add_note(f"X-Route was {header!r}")


def read(header):
    route = json.loads(header)
    return route["region"].lower(), int(route["shard"])


def parse_route(header, shards_of):
    try:
        region, shard = read(header)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as exc:
        raise RouteError("unreadable", header) from exc
    else:
        if shard not in range(shards_of(region)):
            raise RouteError("no such shard", header)
        return region, shard
