"""The room of 5 June 2024: its timeline, its replay, and the work of those on call.

Notebooks import `TIMELINE` from here; see course/outage/requests.py for why that stays.
"""

from .june import TIMELINE

__all__ = ["TIMELINE"]
