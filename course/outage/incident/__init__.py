"""The room of 5 June 2024: its timeline, its replay, and the work of the on-call."""
