"""Sends requests byte for byte as given, one to a connection, and reads the answers.

A library would refuse to send most of the malformed requests of this course, or would
repair them on the way, so the bytes go over a plain socket. h11 reads the answers.
"""

import asyncio
import re
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import h11

from course.outage.lag import NAP_S, Limit

# A port of 127.0.0.1, or the path of a Unix socket.
Address = int | str

CONNECTED_WITHIN_S = 10.0

# Time enough to read what has arrived already.
LEAST_WAIT_S = 0.001

# No response of the service is as long; one that goes on and on is cut here.
LONGEST_REPLY = 1 << 20
# A head with more bytes or headers is refused, as by most clients.
LONGEST_HEAD = 1 << 16
MOST_HEADERS = 100

PART = 1 << 16  # bytes to read at a time

PHRASES = {status.value: status.phrase for status in HTTPStatus}

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
        return f"{self.status} {PHRASES.get(self.status or 0, '')}".strip()


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
    answer = Reader()
    try:
        while True:
            # For the whole answer: one that comes drop by drop would never end.
            left_s = limit.left_s()
            connection.settimeout(min(NAP_S, left_s) or LEAST_WAIT_S)
            try:
                if response := answer.take(connection.recv(PART)):
                    return response
            except TimeoutError:
                if not left_s:
                    return Response("timeout")
    except (OSError, h11.RemoteProtocolError):
        return Response("reset")


class Reader:
    """Reads one answer from the bytes that arrive, part by part."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        # It reads answers to its own requests only, and sends none of them here.
        self._http.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
        self._http.send(h11.EndOfMessage())
        self._room = LONGEST_REPLY
        self._head: h11.Response | None = None
        self._body = bytearray()

    def take(self, part: bytes) -> Response | None:
        """Return the answer once `part` completes it; an empty part is the end of all.

        Raises h11.RemoteProtocolError if it is cut off, or is not HTTP.
        """
        self._room -= len(part)
        self._http.receive_data(part)
        if part and self._room <= 0:
            self._http.receive_data(b"")
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Response):
                if len(event.headers) > MOST_HEADERS:
                    raise h11.RemoteProtocolError("too many headers")
                self._head = event
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage) and self._head:
                status = self._head.status_code
                pairs = (
                    (n.decode(), v.decode("latin-1")) for n, v in self._head.headers
                )
                body = bytes(self._body)
                return Response(outcome_of(status), status, dict(pairs), body)
            elif event is h11.NEED_DATA:
                return None


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

    `timeout_s` counts by the loop's clock.
    """
    writer = None
    try:
        async with asyncio.timeout(timeout_s):
            if isinstance(address, int):
                reader, writer = await asyncio.open_connection("127.0.0.1", address)
            else:
                reader, writer = await asyncio.open_unix_connection(address)
            writer.write(raw)
            answer = Reader()
            while True:
                if response := answer.take(await reader.read(PART)):
                    return response
    except TimeoutError:
        return Response("timeout")
    except (OSError, h11.RemoteProtocolError):
        return Response("reset")
    finally:
        if writer is not None:
            writer.transport.abort()
