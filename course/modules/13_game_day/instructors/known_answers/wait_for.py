# %% lookups
import asyncio

from course.service import boundary


class Lookups:
    healthy = True

    def __init__(self, directory):
        self.directory = directory

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, exc, trace):
        return False

    async def lookup(self, header):
        return await asyncio.wait_for(self.ask(header), timeout=1)

    async def ask(self, header):
        session = await self.directory.open_session()
        try:
            return await session.find(header)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as exc:
            raise boundary.BadRoute("no such backend") from exc
        finally:
            session.close()
# %% postmortem
class Postmortem:
    summary = (
        "A deployment of the orders API turned a rare malformed header into an outage: "
        "each one cost a resource that was never given back, until no request could be "
        "served. A corrected release ended it, and nothing was lost."
    )
    impact = "100% of users for 11 minutes, 14:00 to 14:11; 18,240 failed requests."
    timeline = [
        "14:00 alert",
        "14:01 acknowledged",
        "14:03 database suspected, and refuted by its own latency",
        "14:08 cause found",
        "14:11 fixed release deployed, error rate back to normal",
    ]
    causes = """
    - one path out of a function did not release what it held
    - tests send each malformed header once
    - the gauge that would have shown it is on no dashboard
    """
    response = (
        "The restart showed within a minute that state builds up. The dashboard has no "
        "gauge of sessions, so finding that took us five more."
    )
    actions = """
    - Repeat each malformed request in the tests | orders team | 2026-12-04
    - Put the gauge on the dashboard, with an alert | on-call guild | 2026-12-11
    - Roll out behind the canary | platform team | 2026-12-18
    """
