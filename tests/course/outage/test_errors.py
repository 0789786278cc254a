"""What a notebook shows of an error."""

from course.outage.errors import COLUMNS, MachineTooBusy, OutageError


def test_long_sentences_are_broken_between_words() -> None:
    """JupyterLab would break them in the middle of one."""
    error = MachineTooBusy("an answer of the service", 2.0, 40.0)
    shown = "\n".join(error._render_traceback_())
    assert shown.split() == f"MachineTooBusy: {error}".split()
    assert max(map(len, shown.splitlines())) <= COLUMNS
    assert len(shown.splitlines()) > 1


def test_the_lines_of_a_message_stay() -> None:
    """Such as the last lines of a log."""
    error = OutageError("It said:\n\n  one\n  two")
    assert "\n".join(error._render_traceback_()) == f"OutageError: {error}"
