"""The hotfix, seen from outside: a replica that runs it, and what becomes of requests.

One experiment serves most checks: every kind of malformed request is sent to one
replica, one after another, each followed by well-formed requests.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from autograder.judge.expect import Unmet, check
from course.outage import Fleet, Release
from course.outage.http import Response
from course.outage.requests import (
    MALFORMED,
    as_curl,
    http_request,
    malformed,
    put_order,
    well_formed_route,
)

ANSWER_WITHIN_S = 1.5
READY_WITHIN_S = 15.0
VALID_AFTER_EACH = 3

# Where the exercise's notebook serves an answer, for the curl lines in the feedback.
TRY_OUT_PORT = 8000

# The service's own lines about a request; a hotfix has to add one that says why.
BOUNDARY_LINES = {"request.answered", "request.failed"}


@dataclass
class Poisoned:
    """What became of one malformed request, and of the valid ones behind it."""

    kind: str
    curl: str
    response: Response
    exit_codes: list[int]
    wrong: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Experiment:
    """All of it, with the replica still running."""

    fleet: Fleet
    poisoned: list[Poisoned]

    @property
    def deaths(self) -> list[Poisoned]:
        """The malformed requests on which the process ended."""
        return [p for p in self.poisoned if p.exit_codes]

    @property
    def died(self) -> str:
        """Those deaths in words, empty if there was none."""
        if not self.deaths:
            return ""
        codes = " and ".join(sorted({str(p.exit_codes[0]) for p in self.deaths}))
        kinds = ", ".join(f"“{p.kind}”" for p in self.deaths)
        count = f"{len(self.deaths)} of {len(self.poisoned)} kinds"
        return f"the process ended, with exit code {codes}, on {count}: {kinds}"


class Patience:
    """How long to wait for an answer: less once one has not come, to end in time."""

    def __init__(self) -> None:
        self.seconds = ANSWER_WITHIN_S

    def send(self, fleet: Fleet, raw: bytes) -> Response:
        """Send one request with what patience is left."""
        response = fleet.send(raw, self.seconds)
        if response.outcome == "timeout":
            self.seconds = 0.3
        return response


@pytest.fixture(scope="module")
def experiment(release: Release) -> Iterator[Experiment]:
    rng = random.Random()
    patience = Patience(), Patience()
    with Fleet(release, replicas=1, first_backoff_s=0.0) as fleet:
        kinds = sorted(MALFORMED)
        rng.shuffle(kinds)
        sent = [send_poison(fleet, rng, kind, *patience) for kind in kinds]
        yield Experiment(fleet, sent)


def send_poison(
    fleet: Fleet, rng: random.Random, kind: str, poison: Patience, valid: Patience
) -> Poisoned:
    """Send one malformed request and, once a process is ready again, valid ones."""
    deaths = len(fleet.telemetry.exits())
    _, raw = malformed(rng, kind)
    response = poison.send(fleet, raw)
    if response.outcome != "client_error":
        # It may be about to die of it: its answer leaves before its exit is seen.
        fleet.telemetry.wait_for(lambda t: len(t.exits()) > deaths, 0.5)
    fleet.wait_ready(READY_WITHIN_S)
    codes = [exit_["exit_code"] for exit_ in fleet.telemetry.exits()[deaths:]]
    poisoned = Poisoned(kind, as_curl(raw, TRY_OUT_PORT), response, codes)
    for _ in range(VALID_AFTER_EACH):
        route, region, shard = well_formed_route(rng)
        order = put_order(rng, route, f"{rng.getrandbits(32):08x}")
        answer = valid.send(fleet, order)
        if not is_from(answer, region, shard):
            poisoned.wrong.append((as_curl(order, TRY_OUT_PORT), str(answer)))
    return poisoned


def is_from(response: Response, region: str, shard: int) -> bool:
    """Whether `response` is a success of the backend that was asked for."""
    if response.status != 200:
        return False
    try:
        order = json.loads(response.body)
    except ValueError:
        return False
    return bool(order["region"] == region and order["shard"] == shard)


@check("Each kind of malformed request is answered with a 4xx", points=2)
def test_malformed_requests_get_a_4xx(experiment: Experiment) -> None:
    for p in experiment.poisoned:
        if p.response.outcome == "client_error":
            continue
        look = {
            "ok": "whose fault a malformed request is. A success tells the client that"
            " its order is where it wanted it, and it is not.",
            "server_error": "which exceptions resolve() raises on this request, and"
            " whether your handler names all of them.",
            "timeout": "who waits for lookup.reply. A look-up that is dropped leaves"
            " its request waiting for ever.",
            "reset": "what the exception passes through on its way up, until nothing is"
            " left to catch it.",
        }[p.response.outcome]
        saw = f"{p.response}; {experiment.died}" if p.exit_codes else str(p.response)
        raise Unmet(
            sent=f"a malformed request of the kind “{p.kind}”. Send it yourself:\n"
            f"{p.curl}",
            saw=saw,
            expected="a response with a 4xx status: the client sent something wrong and"
            " should be told so.",
            look=look,
        )


@check("Each malformed request leaves a line in the log", points=1)
def test_malformed_requests_are_logged(experiment: Experiment) -> None:
    lines = explanations(experiment.fleet)
    wanted = len(experiment.poisoned)
    if experiment.deaths or len(lines) < wanted:
        raise Unmet(
            sent=f"{wanted} malformed requests, one of each kind.",
            saw=experiment.died
            or f"{len(lines)} lines in the log besides the service's own"
            f" request.answered{': ' + ', '.join(lines[:3]) if lines else ''}.",
            expected=f"at least {wanted} lines, one for each, from a logger, and a"
            " process that lives to write them. Without them nobody can tell which"
            " client sends what.",
            look="where the exception is handled: that is the last place where it, and"
            " the header that caused it, are known.",
        )


def explanations(fleet: Fleet) -> list[str]:
    """The log's lines that come from neither the request boundary nor the server."""
    return [
        str(entry["record"]["event"])
        for entry in fleet.telemetry.log_entries()
        if "level" in entry["record"]
        and entry["record"]["event"] not in BOUNDARY_LINES
        and not str(entry["record"].get("logger", "")).startswith("uvicorn")
    ]


@check("The process survives every malformed request", points=2)
def test_the_process_survives(experiment: Experiment) -> None:
    if not experiment.deaths:
        return
    first = experiment.deaths[0]
    raise Unmet(
        sent=f"{len(experiment.poisoned)} malformed requests, one of each kind."
        f" The first deadly one:\n{first.curl}",
        saw=f"{experiment.died}.",
        expected="the same process after the last request as before the first.",
        look="the exception types: one except clause for one of them leaves the"
        " others.",
    )


@check("Valid requests are served as before, next to malformed ones", points=2)
def test_valid_requests_are_served(experiment: Experiment) -> None:
    wrong = [pair for p in experiment.poisoned for pair in p.wrong]
    if not wrong and not experiment.deaths:
        return
    total = len(experiment.poisoned) * VALID_AFTER_EACH
    if wrong:
        curl, answer = wrong[0]
        saw = f"{len(wrong)} of them failed, the first with {answer}."
        sent = f"{total} valid requests between malformed ones, such as:\n{curl}"
        look = (
            "what counts as valid: a region in any case, a shard as a number or as its"
            " digits. And whether the loop goes on after a malformed look-up."
        )
    else:
        saw = f"{experiment.died}, and every request in flight ended with it."
        sent = f"{total} valid requests between malformed ones."
        look = "what else runs in the process that one request ends."
    raise Unmet(
        sent=sent, saw=saw, look=look,
        expected="200 from the backend that the request names, for each of them.",
    )  # fmt: skip


# Nothing that a malformed header raises, nor of the same family.
UNFORESEEN = {1: "RuntimeError", 2: "OSError", 3: "AssertionError"}

PLANTED = f"""

import builtins

_resolve_without_the_fault = resolve


def resolve(header: bytes) -> Backend:
    backend = _resolve_without_the_fault(header)
    if backend.shard in {set(UNFORESEEN)}:
        fault = getattr(builtins, {UNFORESEEN}[backend.shard])
        raise fault("routing table out of step")
    return backend
"""


@check("A bug of our own is still a 500, with its traceback in the log", points=2)
def test_an_unknown_bug_is_a_logged_500(release: Release) -> None:
    planted = release.source("routing.py") + PLANTED
    faulty = release.replace("your answer, with a bug planted", {"routing.py": planted})
    with Fleet(faulty, replicas=1, first_backoff_s=0.0) as fleet:
        for shard, exception in UNFORESEEN.items():
            send_to_fault(fleet, shard, exception)


def send_to_fault(fleet: Fleet, shard: int, exception: str) -> None:
    """Send a valid request on which resolve() raises `exception`; raise Unmet."""
    raw = http_request(json.dumps({"region": "eu-west", "shard": shard}).encode())
    sent = (
        f"a valid request, to a service in which resolve() has a bug that we planted:"
        f" it raises {exception} for shard {shard}."
    )
    response = fleet.send(raw, ANSWER_WITHIN_S)
    died = fleet.telemetry.wait_for(lambda t: bool(t.exits()), 0.2)
    if response.status != 500 or died:
        ended = "; then the process ended" if died else ""
        raise Unmet(
            sent=sent, saw=f"{response}{ended}.",
            expected="500 Internal Server Error, and a process that lives: the client"
            " did nothing wrong, and the other requests neither.",
            look=why_no_500(response, died),
        )  # fmt: skip
    logged = fleet.telemetry.wait_for(
        lambda t: any(is_error_with(e["record"], exception) for e in t.logs), 1.0
    )
    if not logged:
        raise Unmet(
            sent=sent, saw=f"{response}, but no error with a traceback in the log.",
            expected=f"a line of level error whose traceback ends in {exception}.",
            look="where the exception goes. The request that waits for the reply logs"
            " what is raised in it.",
        )  # fmt: skip


def why_no_500(response: Response, died: bool) -> str:
    """The idea that an answer misses whose unknown bug is no 500."""
    if died:
        return (
            "where an exception goes that none of your except clauses names. It may end"
            " the request that caused it; here it ends the loop that all requests need."
        )
    if response.outcome == "client_error":
        return (
            "how wide your except clause is. Whatever it catches besides malformed"
            " requests is from now on the client's fault, and nobody looks for the bug."
        )
    if response.outcome == "timeout":
        return (
            "who waits for lookup.reply when the exception is none of those you name."
        )
    return "what the client is told when the service could not find its backend."


def is_error_with(record: dict[str, object], exception: str) -> bool:
    """Whether a log record is an error with a traceback of `exception`."""
    return record.get("level") in {"error", "critical"} and exception in str(
        record.get("exception", "")
    )


# The last test on purpose: it ends the replica that the others look at.
@check("After all that, the process still shuts down cleanly", points=1)
def test_it_shuts_down_cleanly(experiment: Experiment) -> None:
    stopped = experiment.fleet.stop_replica(0)
    clean = stopped["exit_code"] == 0 and not stopped["killed"]
    if clean and not experiment.deaths:
        return
    if experiment.deaths:
        saw = f"{experiment.died}: none was left to be asked."
    elif stopped["killed"]:
        saw = "it was still running 3 s later and had to be killed."
    else:
        saw = f"it ended with exit code {stopped['exit_code']}."
    raise Unmet(
        sent="SIGTERM, the way a deployment asks a process to finish and go.",
        saw=saw,
        expected="exit code 0 within 3 s, from the process that had met all the"
        " malformed requests.",
        look="which exceptions are not errors. CancelledError is how asyncio asks a"
        " task to end, and it is a BaseException for that reason.",
    )
