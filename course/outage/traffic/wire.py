"""Sends requests byte for byte as given, one to a connection, and reads the answers.

A library would refuse to send most of the malformed requests of this course, or would
repair them on the way, so the bytes go over a plain socket.
"""

import asyncio
import http.client
import io
import re
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from course.outage.lag import NAP_S, Limit

# A port of 127.0.0.1, or the path of a Unix socket.
Address = int | str

CONNECTED_WITHIN_S = 10.0

# Time enough to read what has arrived already.
LEAST_WAIT_S = 0.001

# No response of the service is as long; one that goes on and on is cut here.
LONGEST_REPLY = 1 << 20

Outcome = Literal["ok", "client_error", "server_error", "reset", "timeout"]


@dataclass(frozen=True)
class Response:
    """The answer to a request: a status with headers and body, or how it failed.

    `status` is None if there was no response; `outcome` then is "reset" (refused, cut
    off, or closed without a word) or "timeout".
    """

    outcome: Outcome
    status: int | None = None
    headers: dict[str, str] | None = None
    body: bytes = b""

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def retry_after_s(self) -> float | None:
        """Return the seconds a Retry-After header asks for; None if it names none."""
        value = (self.headers or {}).get("retry-after", "")
        return float(value) if re.fullmatch(r"\d{1,6}", value) else None

    def __str__(self) -> str:
        if self.outcome == "timeout":
            return "no answer in time"
        if self.outcome == "reset":
            return "the connection was cut without an answer"
        return (
            f"{self.status} {http.client.responses.get(self.status or 0, '')}".strip()
        )


def address_of(listening: socket.socket) -> Address:
    """Return the address at which clients find the socket `listening`."""
    name = listening.getsockname()
    address: Address = name if listening.family == socket.AF_UNIX else name[1]
    return address


def outcome_of(status: int) -> Outcome:
    """Return the outcome for its client of a response with `status`."""
    if status < 400:
        return "ok"
    return "client_error" if status < 500 else "server_error"


def send(
    address: Address, raw: bytes, timeout_s: float = 2.0, limit: Limit | None = None
) -> Response:
    """Send `raw` to `address` and return its answer, all of it, within `limit`.

    Left out, the limit is `timeout_s` seconds by the wall clock. Raises MachineTooBusy.
    """
    return send_all(address, [raw], limit or Limit("an answer", timeout_s))[0]


def send_all(address: Address, raws: Sequence[bytes], limit: Limit) -> list[Response]:
    """Send all of `raws`, then return their answers, each of them within `limit`.

    So they arrive together, however busy this machine is. Raises MachineTooBusy.
    """
    with ExitStack() as stack:
        connections = [_begin(address, raw, stack) for raw in raws]
        return [_finish(connection, limit) for connection in connections]


def _begin(address: Address, raw: bytes, stack: ExitStack) -> socket.socket | None:
    """Connect and send `raw`; return None if the connection was refused or cut off."""
    try:
        connection = stack.enter_context(_connect(address))
        connection.sendall(raw)
    except OSError:
        return None
    return connection


def _finish(connection: socket.socket | None, limit: Limit) -> Response:
    if connection is None:
        return Response("reset")
    received = b""
    try:
        while len(received) < LONGEST_REPLY and not _is_whole(received):
            # For the whole answer: one that comes drop by drop would never end.
            left_s = limit.left_s()
            connection.settimeout(min(NAP_S, left_s) or LEAST_WAIT_S)
            try:
                part = connection.recv(1 << 16)
            except TimeoutError:
                if not left_s:
                    return Response("timeout")
                continue
            if not part:
                break
            received += part
        return _parsed(received)
    except (OSError, http.client.HTTPException, ValueError):
        # ValueError: what came back is not HTTP.
        return Response("reset")


def _is_whole(received: bytes) -> bool:
    """Return whether `received` has as much of a body as Content-Length announces.

    The server may keep the connection open after that.
    """
    head, end, body = received.partition(b"\r\n\r\n")
    length = re.search(
        rb"\r\ncontent-length: *(\d{1,9})\r\n", head + end, re.IGNORECASE
    )
    return bool(end and length and len(body) >= int(length[1]))


def _parsed(received: bytes) -> Response:
    reply = http.client.HTTPResponse(_Received(received))  # type: ignore[arg-type]
    reply.begin()
    headers = {name.lower(): value for name, value in reply.getheaders()}
    body = reply.read()
    return Response(outcome_of(reply.status), reply.status, headers, body)


class _Received:
    """As much of a socket as http.client needs to parse the received `data`."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def _connect(address: Address) -> socket.socket:
    # The kernel does this by itself, unless the backlog is full.
    if isinstance(address, int):
        return socket.create_connection(("127.0.0.1", address), CONNECTED_WITHIN_S)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(CONNECTED_WITHIN_S)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


async def exchange(address: Address, raw: bytes, timeout_s: float) -> Response:
    """Send `raw` to `address` in an event loop, and return its answer.

    `raw` must ask for `Connection: close`. `timeout_s` counts by the loop's clock. Of
    the headers, only Retry-After is parsed.
    """
    writer = None
    try:
        async with asyncio.timeout(timeout_s):
            if isinstance(address, int):
                reader, writer = await asyncio.open_connection("127.0.0.1", address)
            else:
                reader, writer = await asyncio.open_unix_connection(address)
            writer.write(raw)
            reply = await _read_all(reader)
        status = int(reply[9:12])
        head, _, body = reply.partition(b"\r\n\r\n")
        retry_after = re.search(rb"\r\nretry-after: *(\d{1,6})", head, re.IGNORECASE)
        headers = {"retry-after": retry_after[1].decode()} if retry_after else None
        return Response(outcome_of(status), status, headers, body)
    except TimeoutError:
        return Response("timeout")
    except (OSError, ValueError):
        # ValueError: the connection was closed before a status line had come.
        return Response("reset")
    finally:
        if writer is not None:
            writer.transport.abort()


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    reply = b""
    while (part := await reader.read(1 << 16)) and len(reply) < LONGEST_REPLY:
        reply += part
    return reply
