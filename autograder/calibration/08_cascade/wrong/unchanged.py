# fails: test_the_factor_is_computed test_what_is_tried_again test_waits_are_spread test_the_budget_holds test_the_service_recovers_from_a_burst test_past_the_limit_it_refuses_at_once test_places_come_back test_health_is_never_refused test_goodput_stays_up_under_overload
# feedback: how long a request has waited by the time it is its turn
# %% shedding
"""How many requests the service takes on at the same time."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Shedder:
    """Stands before the application `app`; takes on whatever comes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of `app`."""
        await self.app(scope, receive, send)


# %% load_factor
import math


def load_factor(failing, tries_by_layer):
    raise NotImplementedError()


# %% retry_policy
TRIES = 3


class RetryPolicy:
    def __init__(self, rng):
        raise NotImplementedError()

    def request(self):
        raise NotImplementedError()

    def wait(self, tries, status, retry_after_s):
        raise NotImplementedError()
