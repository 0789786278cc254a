"""Fleets that run other people's code: Unix sockets, bounds on what is read."""

import asyncio
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from course.outage import Fleet, OutageError, Release
from course.outage.fleet import warm
from course.outage.fleet.confinement import Confinement
from course.outage.fleet.replica import cost_of, record_of
from course.outage.traffic import wire
from course.outage.traffic.load import Load
from course.outage.traffic.messages import malformed, well_formed

LOUD = """
import sys
for _ in range(1 << 12):
    print("x" * 1023)
"""


@pytest.mark.process
def test_a_confined_fleet_listens_on_unix_sockets() -> None:
    """For single requests and traffic alike, and on no port."""
    rng = random.Random(1)
    with Fleet(Release.named("good"), 2, confinement=Confinement()) as fleet:
        assert str(fleet.address).endswith(".sock")
        assert all(str(a).endswith(".sock") for a in fleet.replica_addresses)
        assert fleet.send(well_formed(rng)).status == 200
        fleet.start_traffic(Load(rate=50, seconds=1))
        assert fleet.telemetry.wait_for(lambda t: len(t.tries) > 30, 10)
        assert all(try_.outcome == "ok" for try_ in fleet.telemetry.tries)
        assert not fleet.telemetry.probes
        assert not fleet.telemetry.scrapes


@pytest.mark.process
@pytest.mark.parametrize("forked", ["", warm.MAIN], ids=["anew", "forked"])
def test_a_process_that_ends_is_replaced(forked: str) -> None:
    """Each time."""
    rng = random.Random(2)
    confined = Confinement(forked=forked)
    bad = Release.named("bad")
    with Fleet(bad, 1, first_backoff_s=0.0, confinement=confined) as fleet:
        for deaths in (1, 2):
            fleet.send(malformed(rng)[1])
            fleet.telemetry.wait_for(lambda t, n=deaths: len(t.exits()) == n, 10)
            assert fleet.wait_ready(20)
            assert fleet.send(well_formed(rng)).status == 200
        pids = {e.pid for e in fleet.telemetry.processes}
        assert len(pids) == 3


@pytest.mark.process
def test_a_replica_that_says_too_much_stays_down() -> None:
    """And waiting for it ends at once."""
    bound = Confinement(output_bytes=1 << 20)
    loud = Release("loud", {"routing.py": LOUD})
    with pytest.raises(OutageError, match=r"more output than it may write"):
        Fleet(loud, 1, confinement=bound)
    later = Release.named("good")
    source = later.source("routing.py").replace(
        "    route = json.loads", "    print('x' * (2 << 20))\n    route = json.loads"
    )
    talks = Release("talks", {"routing.py": source})
    with Fleet(talks, 1, confinement=bound) as fleet:
        fleet.send(well_formed(random.Random(3)))
        assert fleet.telemetry.wait_for(lambda t: t.down() == 1, 10)
        assert not fleet.wait_ready(60)


def test_a_line_costs_what_it_takes_to_read_and_to_keep() -> None:
    """Else 16 million empty lines would keep the supervisor busy for minutes."""
    assert cost_of(b"\n") >= 2_000
    assert cost_of(b'"0":0,' * 1_000) >= 64_000
    assert cost_of(b"x" * 3_000) == 3_000


@pytest.mark.process
def test_a_release_that_is_not_ready_in_time_is_given_up() -> None:
    """A learner waits for that answer."""
    hangs = Release("hangs", {"routing.py": "while True: pass"})
    with pytest.raises(OutageError, match="not ready in time"):
        Fleet(hangs, 1, confinement=Confinement(ready_within_s=1.0))


def test_a_confinement_survives_json() -> None:
    """It is handed to another process."""
    confined = Confinement((sys.executable, "--x"), 5, 2.0)
    assert Confinement.from_json(confined.to_json()) == confined


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ('{"event": "x"}', {"event": "x"}),
        ("plain", {"event": "plain"}),
        ("[1]", {"event": "[1]"}),
        ("[" * 100_000, {"event": "[" * 100_000}),
        ('{"a":' * 200 + "1" + "}" * 200, None),
        ("9" * 5000, {"event": "9" * 5000}),
    ],
    ids=["record", "text", "list", "brackets", "deep", "huge number"],
)
def test_any_line_of_a_log_can_be_read(
    line: str, record: dict[str, str] | None
) -> None:
    """Whatever is not a shallow JSON object is text."""
    assert record_of(line) == (record or {"event": line})


@contextmanager
def server(*parts: bytes, every_s: float = 0.0, closes: bool = True) -> Iterator[int]:
    """Answers one connection with `parts`, one by one; yields its port."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1 << 16)
                for part in parts:
                    try:
                        connection.sendall(part)
                    except OSError:
                        return
                    if done.wait(every_s):
                        return
                if not closes:
                    done.wait(10)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            done.set()
            thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"


def test_an_answer_that_drips_is_a_time_out() -> None:
    """The time is for all of it, not for each part."""
    drops = [b"x-drop: 1\r\n"] * 50
    with server(HEAD, *drops, every_s=0.05) as port:
        started = time.monotonic()
        assert wire.send(port, b"x", timeout_s=0.3).outcome == "timeout"
        assert time.monotonic() - started < 2


def test_a_whole_answer_needs_no_close() -> None:
    """Content-Length says where it ends."""
    with server(HEAD + b"\r\nok", closes=False) as port:
        response = wire.send(port, b"x", timeout_s=5)
    assert (response.status, response.body) == (200, b"ok")


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ([b""], "reset"),
        ([b"HTTP/1.1 999999999999 What\r\n\r\n"], "reset"),
        ([b"no http at all\r\n\r\n"], "reset"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"], "reset"),
        ([b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 500 + b"\r\n"], "reset"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok"], "reset"),
        ([b"HTTP/1.1 200 OK\r\nx: ", b"y"], "reset"),
        ([b"HTTP/1.1 204 No\r\n\r\n"], "ok"),
    ],
    ids=[
        "nothing",
        "odd status",
        "no HTTP",
        "cut",
        "many headers",
        "cut in a chunk",
        "cut in the head",
        "no body",
    ],
)
def test_any_answer_has_an_outcome(parts: list[bytes], outcome: str) -> None:
    """Learner code may answer with anything."""
    with server(*parts) as port:
        assert wire.send(port, b"x", timeout_s=2).outcome == outcome
    with server(*parts) as port:
        response = asyncio.run(wire.exchange(port, b"x", timeout_s=2))
    assert response.outcome == outcome


def test_an_endless_answer_is_cut() -> None:
    """A megabyte is enough of it."""
    with server(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * (1 << 18)] * 40) as port:
        response = wire.send(port, b"x", timeout_s=10)
    assert response.outcome == "ok"
    assert len(response.body) < 3 << 20
