"""The address at which notebooks import the game day.

It stays, wherever the code moves: copies of notebooks in work/ outlive an update of the
course, and a submission is compared with the released notebook, imports included.
"""

from autograder.learning.game_day import GameDay, Outage, open_module

__all__ = ["GameDay", "Outage", "open_module"]
