# %% [markdown]
# # Exercise 10 · Tests
#
# **July, follow-up 2:** "tests for malformed requests". The service has been
# repaired. Your tests keep it that way, no matter who rebuilds it next year.
#
# *About 40 minutes, after [lesson 10](../../course/notebooks/10_tests.ipynb).*
#
# Afterwards you can
#
# - derive test cases from what each handler promises,
# - test at the level of bytes, where libraries would repair the request,
# - state a property, and let the machine look for a counterexample,
# - judge a suite by the faults that it finds.

# %% [markdown]
# ## What the service promises
#
# The release *tested* is the repaired service, seen from outside. Your tests
# know nothing about its inside, because that may change:
#
# | request | answer | log |
# |---|---|---|
# | valid: region in any case, shard a number or its digits | 200; the order says which backend it lives on | no record of level error |
# | malformed X-Route, of any kind | a 4xx, and the next valid request is served as usual | no record of level error |
# | invalid body, NaN and lone surrogates included | 422 | no record of level error |
# | unknown order | 404 | no record of level error |
# | for **ap-south/3**, whose table is broken | 500: a fault of ours | exactly one record of level error or above, with the traceback in `exception` |
# | any | an `X-Request-ID` of its own; log records carry it as `request_id` | |
# | any error | none of our internals in the body: no exception, no traceback, no file | |
#
# Nobody promised which 4xx it is, which fields a body has, or what an event is
# called. A correct release may do as it likes there, and your tests must pass
# on it.
#
# ## Your turn: a suite that finds faults
#
# Your tests get the fixture `service`:
#
# - `service.send(raw, timeout_s=2.0)` sends bytes and returns a response with
#   `status` (None without an answer), `headers` (names in lower case), `text`
#   and `body`;
# - `service.log()` returns all records logged so far, each a dict. It includes
#   those of every request that you have sent before.
#
# A process that has died stays dead. Tests may run in any order, and they will:
# each release gets another one. Each suite has 25 seconds for all of its tests.
#
# Releases judge your suite: **four correct ones must pass**, each built another
# way, and of **twelve faulty ones at least ten must be found** (finding six
# earns two points of the five). Among those must be one of each kind: faults
# with malformed requests, with faults of ours, with the log, with what answers
# carry, and with valid requests.
#
# A test finds a fault if it fails on that release and passes on all four
# correct ones. What fails by chance finds nothing: on the same release, the
# same tests must fail each time.
#
# Grading adds a correct release and five faulty ones, of which three must be
# found.

# %% nbgrader={"grade_id": "suite", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
import json
import random

import pytest
from course.outage.requests import MALFORMED, http_request, malformed, well_formed_route
from hypothesis import given, settings
from hypothesis import strategies as st

VALID = b'{"region": "eu-west", "shard": 3}'
BROKEN = b'{"region": "ap-south", "shard": 3}'
ORDER = b'{"item": "tea", "quantity": 2}'


def test_a_valid_request_is_served(service):
    """Given, to start with."""
    assert service.send(http_request(VALID)).status == 200


### BEGIN SOLUTION
def errors(service, response):
    """The records of level error and above that belong to `response`."""
    request_id = response.headers["x-request-id"]
    return [
        record
        for record in service.log()
        if record.get("request_id") == request_id
        and record.get("level") in ("error", "critical")
    ]


def test_every_spelling_reaches_its_backend(service):
    rng = random.Random(4)
    for number in range(40):
        header, region, shard = well_formed_route(rng)
        if (region, shard) == ("ap-south", 3):
            continue
        raw = http_request(header, "PUT", f"/orders/s{number}", ORDER)
        answer = service.send(raw)
        assert answer.status == 200, header
        order = json.loads(answer.body)
        assert (order["region"], order["shard"]) == (region, shard), header


def test_an_order_is_kept(service):
    service.send(http_request(VALID, "PUT", "/orders/kept", ORDER))
    order = json.loads(service.send(http_request(VALID, path="/orders/kept")).body)
    assert (order["item"], order["quantity"]) == ("tea", 2)
    assert service.send(http_request(VALID, path="/orders/lost")).status == 404


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_a_malformed_header_is_the_clients_fault_and_harms_nobody(service, kind):
    for seed in range(12):
        _, raw = malformed(random.Random(seed), kind)
        answer = service.send(raw)
        assert answer.status in range(400, 500), raw
    assert errors(service, answer) == []
    assert service.send(http_request(VALID)).status == 200


@settings(max_examples=60, deadline=None, database=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["region", "shard", "x"]), inner, max_size=3
            )
        ),
        max_leaves=5,
    )
)
def test_no_json_at_all_is_a_fault_of_ours(service, value):
    answer = service.send(http_request(json.dumps(value).encode()))
    assert answer.status in range(200, 500), value


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"not JSON",
        b'{"item": "tea", "quantity": NaN}',
        b'{"item": "tea", "quantity": 1e999}',
        b'{"item": "\\ud83d", "quantity": 0}',
    ],
)
def test_an_invalid_body_is_a_422(service, body):
    answer = service.send(http_request(VALID, "PUT", "/orders/invalid", body))
    assert answer.status == 422
    assert errors(service, answer) == []


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_fault_of_ours_is_a_500_logged_once_with_its_traceback(service, method):
    body, path = (b"", "/orders") if method == "GET" else (ORDER, "/orders/broken")
    answer = service.send(http_request(BROKEN, method, path, body))
    assert answer.status == 500
    [record] = errors(service, answer)
    assert "Traceback" in record["exception"]


def test_no_error_tells_of_our_inside(service):
    for raw in (
        http_request(BROKEN),
        http_request(b"{"),
        http_request(b'{"region": null, "shard": 1}'),
        http_request(VALID, "PUT", "/orders/x", b"{}"),
    ):
        text = service.send(raw).text
        for secret in ("Traceback", "Error(", ".py", "ShardBroken", "orders.db"):
            assert secret not in text


def test_every_answer_has_an_id_of_its_own(service):
    raws = [http_request(VALID), http_request(b"{"), http_request(BROKEN)] * 2
    ids = [service.send(raw).headers.get("x-request-id") for raw in raws]
    assert all(ids)
    assert len(set(ids)) == len(ids)


def test_failures_use_nothing_up(service):
    for number in range(60):
        service.send(http_request(b"{" if number % 2 else BROKEN))
    assert service.send(http_request(VALID)).status == 200


### END SOLUTION


# %% [markdown]
# ## Try it
#
# Run your suite against the release *tested*, as the check will, and against
# June's:

# %%
from autograder.checking import try_suite
from course.outage import Release

for name in ("tested", "bad"):
    try_suite("10", test_a_valid_request_is_served, Release.named(name))

# %% [markdown]
# ## Check it
#
# The check runs sixteen releases one after another, which takes about twenty
# seconds.

# %% nbgrader={"grade_id": "check_tests", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("10", test_a_valid_request_is_served)

# %% [markdown]
# **Next:** [lesson 11 · Review](../../course/notebooks/11_review.ipynb).
