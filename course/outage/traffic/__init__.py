"""The room of requests: what clients send, when they try again, what comes back.

Notebooks import `Load` from here; see course/outage/requests.py for why that stays.
"""

from .load import Load

__all__ = ["Load"]
