"""The error that this package raises."""


class SandboxUnavailable(Exception):
    """A machine that cannot confine other people's code; `remedy` says what to do."""

    exits_with = 3  # the exit code of a command that ends with it

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"There is no sandbox on this machine: {reason}. {remedy}")
        self.reason = reason
        self.remedy = remedy
