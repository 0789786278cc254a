"""One request, byte for byte as given, over one connection: what a client sees.

A library would refuse to send most of the malformed requests of this course, or would
repair them on the way, so the bytes go over a plain socket.
"""

import asyncio
import http.client
import socket
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "client_error", "server_error", "reset", "timeout"]


@dataclass(frozen=True)
class Response:
    """What came back: a status with headers and body, or how it failed instead.

    `status` is None if there was no response; `outcome` then is "reset" (refused, cut
    off, or closed without a word) or "timeout".
    """

    outcome: Outcome
    status: int | None = None
    headers: dict[str, str] | None = None
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def __str__(self) -> str:
        if self.outcome == "timeout":
            return "no answer in time"
        if self.outcome == "reset":
            return "the connection was cut without an answer"
        return (
            f"{self.status} {http.client.responses.get(self.status or 0, '')}".strip()
        )


def outcome_of(status: int) -> Outcome:
    """The outcome that a response with `status` is for its client."""
    if status < 400:
        return "ok"
    return "client_error" if status < 500 else "server_error"


def send(port: int, raw: bytes, timeout_s: float = 2.0) -> Response:
    """Send `raw` to 127.0.0.1:`port` and wait at most `timeout_s` for each answer."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout_s) as connection:
            connection.sendall(raw)
            reply = http.client.HTTPResponse(connection)
            reply.begin()
            headers = {name.lower(): value for name, value in reply.getheaders()}
            body = reply.read()
            return Response(outcome_of(reply.status), reply.status, headers, body)
    except TimeoutError:
        return Response("timeout")
    except (OSError, http.client.HTTPException):
        return Response("reset")


async def exchange(port: int, raw: bytes, timeout_s: float) -> Response:
    """As `send`, in an event loop, and at most `timeout_s` in all.

    `raw` must ask for `Connection: close`; the headers are not parsed.
    """
    writer = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(raw)
            reply = await reader.read(-1)
        status = int(reply[9:12])
        return Response(
            outcome_of(status), status, body=reply.partition(b"\r\n\r\n")[2]
        )
    except TimeoutError:
        return Response("timeout")
    except (OSError, ValueError):
        # ValueError: the connection was closed before a status line had come.
        return Response("reset")
    finally:
        if writer is not None:
            writer.transport.abort()
