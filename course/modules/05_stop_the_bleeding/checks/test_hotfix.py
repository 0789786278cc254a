"""The hotfix, seen from outside: a replica that runs it, and what happens to requests.

One replica serves all checks. Its resolve() has bugs planted in it, which valid
requests for a few backends meet.
"""

import random
from dataclasses import dataclass

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.observe import (
    Backend,
    Experiment,
    has_traceback,
    logged,
    plant,
    request_for,
    stopped,
)
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.messages import MALFORMED, as_curl, malformed
from course.outage.traffic.wire import Response

VALID_AFTER_EACH = 3

# Where the exercise's notebook serves an answer, for the curl lines in the feedback.
TRY_OUT_PORT = 8000

# Nothing that a malformed header raises, nor of the same family.
UNFORESEEN = ("RuntimeError", "OSError", "AssertionError")


@dataclass
class Answer:
    """The answer, running: the fleet, its planted bugs, the malformed requests."""

    fleet: Fleet
    bugs: dict[str, Backend]
    experiment: Experiment


@pytest.fixture(scope="module")
def answer(release: Release, start_fleet: StartFleet, seeded: random.Random) -> Answer:
    planted, bugs = plant(release, seeded, UNFORESEEN)
    fleet = start_fleet(planted)
    requests = {kind: malformed(seeded, kind)[1] for kind in MALFORMED}
    avoid = frozenset(bugs.values())
    experiment = Experiment(fleet, seeded, requests, VALID_AFTER_EACH, avoid)
    if wrong := experiment.warm_up():
        raw, response = wrong
        why = stopped(fleet)
        raise Unmet(
            sent="the plainest of valid requests, before any malformed request:\n"
            + as_curl(raw, TRY_OUT_PORT),
            saw=f"{response}{'; ' * bool(why)}{why}.",
            expected="200: a service that serves nobody is as good as dead.",
            look="what your module does with a well-formed header.",
        )
    return Answer(fleet, bugs, experiment)


@pytest.fixture
def experiment(answer: Answer) -> Experiment:
    return answer.experiment


@check("Each kind of malformed request is answered with a 4xx", points=2)
def test_malformed_requests_get_a_4xx(experiment: Experiment) -> None:
    for p in experiment:
        if p.response.outcome == "client_error":
            continue
        look = {
            "ok": "whose fault a malformed request is. A success tells the client that"
            " all went well, and it did not.",
            "server_error": "which exceptions resolve() raises on this request. Your"
            " handler must name all of them, and raise none of its own.",
            "timeout": "who waits for lookup.reply. A look-up that is dropped leaves"
            " its request waiting forever.",
            "reset": "what the exception passes on its way up, until nothing is left to"
            " catch it.",
        }[p.response.outcome]
        saw = str(p.response)
        if p.exit_codes:
            saw += f"; then the process ended, with exit code {p.exit_codes[0]}"
        if why := stopped(experiment.fleet):
            saw += f"; {why}"
        raise Unmet(
            sent=f"a malformed request of the kind “{p.kind}”. Send it yourself:\n"
            f"{as_curl(p.raw, TRY_OUT_PORT)}",
            saw=saw,
            expected="a response with a 4xx status. The client sent something wrong and"
            " should be told so.",
            look=look,
        )


@check("Each malformed request leaves a line in the log", points=1)
def test_malformed_requests_are_logged(experiment: Experiment) -> None:
    died = experiment.died
    silent = [p for p in experiment.all if not any("level" in r for r in p.lines)]
    if not died and not silent:
        return
    kinds = ", ".join(f"“{p.kind}”" for p in silent)
    count = f"{len(silent)} of {experiment.count} kinds"
    raise Unmet(
        sent=f"{experiment.count} malformed requests, one of each kind, with no other"
        " request under way.",
        saw=died or f"no line from a logger about {count}: {kinds}.",
        expected="a line about each, from a logger and of level info or above, and a"
        " process that lives to write it. Without these lines nobody can tell which"
        " client sends what.",
        look=""
        if died
        else "the lines that are not JSON and have no level. They went past the"
        " service's logging, as print() does."
        if any(p.lines for p in silent)
        else "what your module logs about a malformed header, and at which level.",
    )


@check("The process survives every malformed request", points=2)
def test_the_process_survives(experiment: Experiment) -> None:
    if not experiment.deaths:
        return
    first = experiment.deaths[0]
    raise Unmet(
        sent=f"{experiment.count} malformed requests, one of each kind."
        f" The first deadly one:\n{as_curl(first.raw, TRY_OUT_PORT)}",
        saw=f"{experiment.died}.",
        expected="the same process after the last request as before the first.",
        look="the exceptions that these headers raise: which does your handler name,"
        " and what does it do then?",
    )


@check("Valid requests are served as before, next to malformed ones", points=2)
def test_valid_requests_are_served(experiment: Experiment) -> None:
    wrong = [pair for p in experiment.all for pair in p.wrong]
    if not wrong and not experiment.deaths:
        return
    total = experiment.count * VALID_AFTER_EACH
    if wrong:
        raw, response = wrong[0]
        told = "200 from another backend" if response.status == 200 else response
        saw = f"{len(wrong)} of them failed, the first with {told}."
        curl = as_curl(raw, TRY_OUT_PORT)
        sent = f"{total} valid requests between malformed ones, such as:\n{curl}"
        look = (
            "what counts as valid: a region in any case, a shard as a number or as its"
            " digits, whatever other fields there are."
            if response.outcome == "client_error"
            else "what happens to the loop after a malformed look-up."
        )
    else:
        saw = f"{experiment.died}, and every request in flight ended with it."
        sent = f"{total} valid requests between malformed ones."
        look = "what else runs in the process that one request ends."
    raise Unmet(
        sent=sent,
        saw=saw,
        look=look,
        expected="200 from the backend that the request names, for each of them.",
    )


@check("A bug of our own is still a 500, with its traceback in the log", points=2)
def test_an_unknown_bug_is_a_logged_500(answer: Answer) -> None:
    assert answer.experiment.all  # first the malformed requests, then the bugs
    answer.experiment.settle()
    for exception, backend in answer.bugs.items():
        send_to_bug(answer.experiment, backend, exception)


def send_to_bug(experiment: Experiment, backend: Backend, exception: str) -> None:
    """Send a valid request on which resolve() raises `exception`; raise Unmet."""
    fleet = experiment.fleet
    region, shard = backend
    sent = (
        f"a valid request, to a service in which resolve() has a bug that we planted:"
        f" it raises {exception} for shard {shard} of {region}."
    )
    deaths = len(fleet.telemetry.exits())
    response = fleet.send(request_for(backend), experiment.valid.seconds)
    died = not experiment.outlives(deaths)
    if response.status != 500 or died:
        ended = "; then the process ended" if died else ""
        raise Unmet(
            sent=sent,
            saw=f"{response}{ended}.",
            expected="500 Internal Server Error, and a process that lives. This client"
            " did nothing wrong, and neither did the others.",
            look=why_no_500(response, died),
        )
    seen = fleet.telemetry.wait_for(
        lambda _: any(is_about(r, exception) for r in logged(fleet)), 1.0
    )
    if not seen:
        raise Unmet(
            sent=sent,
            saw=f"{response}, but no line with its traceback in the log.",
            expected=f"a line with the traceback of the {exception}, from where"
            " resolve() raised it.",
            look="where the exception goes. The request that waits for the reply logs"
            " what is raised in it.",
        )


def why_no_500(response: Response, died: bool) -> str:
    """The idea that an answer misses whose unknown bug is no 500."""
    if died:
        return (
            "where an exception goes that no except clause of yours names. It may end"
            " the request that caused it. Here it ends the loop that all requests need."
        )
    if response.outcome == "client_error":
        return (
            "how wide your except clause is. Whatever it catches besides malformed"
            " requests is now the client's fault, and nobody looks for the bug."
        )
    if response.outcome == "timeout":
        return (
            "who waits for lookup.reply when the exception is none of those you name."
        )
    return "what the client is told when the service could not find its backend."


def is_about(record: dict[str, object], exception: str) -> bool:
    """Whether a log record has a traceback of an `exception` that resolve() raised."""
    return has_traceback(record, exception, "in resolve")


# The last test on purpose: it ends the replica that the others look at.
@check("After all that, the process still shuts down cleanly", points=1)
def test_it_shuts_down_cleanly(experiment: Experiment) -> None:
    deaths = experiment.deaths
    experiment.settle()
    end = experiment.fleet.stop_replica(0)
    clean = end.exit_code == 0 and not end.killed
    look = (
        "what still runs, and which exceptions are not errors. CancelledError is how"
        " asyncio asks a task to end. That is why it is a BaseException."
    )
    if clean and not deaths:
        return
    if deaths:
        saw = f"{experiment.died}: none was left to be asked."
        look = ""
    elif end.killed:
        saw = "it was still running 3 s later and had to be killed."
    else:
        saw = f"it ended with exit code {end.exit_code}."
    raise Unmet(
        sent="SIGTERM, the way a deployment asks a process to finish and go.",
        saw=saw,
        expected="exit code 0 within 3 s, from the process that met all the malformed"
        " requests.",
        look=look,
    )
