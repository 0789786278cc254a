"""The requests that clients send: well-formed ones, and malformed ones by kind.

All are bytes, made by a seeded generator. Every one of them passes uvicorn's parser and
reaches the application. A malformed one is wrong in its X-Route header alone.
"""

import json
import random
import shlex
from collections.abc import Callable

from course.service.routing import TOPOLOGY

ITEMS = ("tea", "coffee", "cocoa", "chai", "mate")


def http_request(
    route: bytes | None, method: str = "GET", path: str = "/orders", body: bytes = b""
) -> bytes:
    """Return an HTTP/1.1 request; `route` is the X-Route header, None leaves it out."""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: orders.example"]
    if route is not None:
        lines.append(b"X-Route: " + route)
    if body:
        lines.append(b"Content-Type: application/json")
    lines += [b"Content-Length: %d" % len(body), b"Connection: close", b"", body]
    return b"\r\n".join(lines)


def route_header(raw: bytes) -> bytes:
    """Return the X-Route header of the request `raw`, empty if it has none."""
    return raw.partition(b"X-Route: ")[2].partition(b"\r\n")[0]


def well_formed_route(rng: random.Random) -> tuple[bytes, str, int]:
    """Return a valid X-Route header as clients spell it, its region and its shard."""
    region = rng.choice(sorted(TOPOLOGY))
    shard = rng.randrange(TOPOLOGY[region])
    spelled = rng.choice([region, region.upper(), region.title()])
    written = rng.choice([shard, shard, str(shard)])
    fields = [("region", spelled), ("shard", written)]
    rng.shuffle(fields)
    return json.dumps(dict(fields)).encode(), region, shard


def well_formed(rng: random.Random) -> bytes:
    """Return a valid request: two in three list a backend's orders, one places one."""
    route, _, _ = well_formed_route(rng)
    if rng.random() < 2 / 3:
        return http_request(route)
    return put_order(rng, route, f"{rng.getrandbits(48):012x}")


def put_order(rng: random.Random, route: bytes, order_id: str) -> bytes:
    """Return a valid request that places the order `order_id`."""
    order = {"item": rng.choice(ITEMS), "quantity": rng.randint(1, 9)}
    return http_request(route, "PUT", f"/orders/{order_id}", json.dumps(order).encode())


def _wrong_encoding(rng: random.Random) -> bytes:
    region = rng.choice(["são-paulo", "zürich", "málaga"])
    return json.dumps({"region": region, "shard": 1}, ensure_ascii=False).encode(
        "latin-1"
    )


def _not_json(rng: random.Random) -> bytes:
    region = rng.choice(sorted(TOPOLOGY))
    forms = [f"{region}/{rng.randrange(4)}", f"region={region};shard=1", "", "{"]
    return rng.choice(forms).encode()


def _unknown_region(rng: random.Random) -> bytes:
    region = rng.choice(["mars", "eu-wset", "us", "ap-north"])
    return json.dumps({"region": region, "shard": rng.randrange(4)}).encode()


def _missing_shard(rng: random.Random) -> bytes:
    return json.dumps({"region": rng.choice(sorted(TOPOLOGY))}).encode()


def _not_an_object(rng: random.Random) -> bytes:
    return json.dumps([rng.choice(sorted(TOPOLOGY)), rng.randrange(4)]).encode()


def _null_region(rng: random.Random) -> bytes:
    return json.dumps({"region": rng.choice([None, 7, True]), "shard": 1}).encode()


def _shard_in_words(rng: random.Random) -> bytes:
    shard = rng.choice(["three", "1.5", "0x2", "eu-1"])
    return json.dumps({"region": rng.choice(sorted(TOPOLOGY)), "shard": shard}).encode()


# Kind → (the exception that the routing code raises on it, how to make one).
MALFORMED: dict[str, tuple[str, Callable[[random.Random], bytes]]] = {
    "wrong encoding": ("UnicodeDecodeError", _wrong_encoding),
    "not JSON": ("JSONDecodeError", _not_json),
    "unknown region": ("KeyError", _unknown_region),
    "missing shard": ("KeyError", _missing_shard),
    "not an object": ("TypeError", _not_an_object),
    "region is no text": ("AttributeError", _null_region),
    "shard in words": ("ValueError", _shard_in_words),
}


def malformed(rng: random.Random, kind: str | None = None) -> tuple[str, bytes]:
    """Return `kind` (for None, a random one) and a malformed request of that kind."""
    kind = kind or rng.choice(sorted(MALFORMED))
    return kind, http_request(MALFORMED[kind][1](rng))


def as_curl(raw: bytes, port: int) -> str:
    """Return the command line that sends the request `raw`, for a POSIX shell."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    method, path, _ = first.decode().split(" ")
    argv = ["curl", "-i", "-X", method, f"http://127.0.0.1:{port}{path}"]
    for header in headers:
        name = header.partition(b":")[0].lower()
        if name in {b"x-route", b"content-type"}:
            argv += ["-H", header.decode("utf-8", "backslashreplace")]
    if body:
        argv += ["-d", body.decode()]
    line = shlex.join(argv)
    # bash's $'…' turns \xHH back into that byte; plain quotes would send it as text.
    return line.replace("'X-Route", "$'X-Route") if "\\x" in line else line
