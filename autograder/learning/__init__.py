"""What a learner meets in a notebook: checks, hints, verdicts, the game day."""
