# fails: test_the_budget_holds test_the_service_recovers_from_a_burst
# feedback: what keeps the service busy now
# %% retry_policy
TRIES = 3
BASE_S = 0.25
LONGEST_S = 0.4
BUDGET = 0.1


class RetryPolicy:
    """When a client tries again; one policy for all of its requests."""

    def __init__(self, rng):
        """`rng` is a random.Random: draw from it, and from nothing else."""
        self._rng = rng
        self._most = 5.0
        self._left = self._most

    def request(self):
        """A request is about to be sent for the first time."""
        # No more than that is ever saved up: after a calm hour an outage would else
        # begin with hundreds of retries.
        self._left = min(self._most, self._left + BUDGET)

    def wait(self, tries, status, retry_after_s):
        """Seconds until the next try, or None; `tries` have been made so far."""
        passing = status is None or status == 429 or 500 <= status <= 599
        if not passing or tries >= TRIES:
            return None
        self._left -= 1
        backoff = min(LONGEST_S, BASE_S * 2 ** (tries - 1))
        return self._rng.uniform(0, backoff) + (retry_after_s or 0)
