"""Which backend a request belongs to. Knows the topology, knows nothing of HTTP.

A request names its backend in one header, as JSON:

    X-Route: {"region": "eu-west", "shard": 3}

Regions are written in any case, and a shard as a number or as its digits.
"""

import json
from dataclasses import dataclass

ROUTE_HEADER = b"x-route"

# How many shards each region has.
TOPOLOGY = {"eu-west": 8, "us-east": 8, "ap-south": 4}


@dataclass(frozen=True, slots=True)
class Backend:
    """One shard of one region: where an order lives."""

    region: str
    shard: int


BACKENDS = {
    region: {shard: Backend(region, shard) for shard in range(shards)}
    for region, shards in TOPOLOGY.items()
}


def resolve(header: bytes) -> Backend:
    """Return the backend that the X-Route `header` names."""
    route = json.loads(header.decode())
    region = route["region"].lower()
    return BACKENDS[region][int(route["shard"])]
