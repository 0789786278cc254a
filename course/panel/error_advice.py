"""An IPython extension that explains common mistakes below their tracebacks.

The kernels that `outage learn` starts load it (see autograder/cli/jupyter/kernels), so
it also works after a restart, before anything of the course has been imported.
"""

import errno
from types import TracebackType
from typing import Any

NOT_DEFINED = (
    "“{name}” is not defined in this kernel. If the name is spelt right, the cell that"
    " defines it has not been run: run that one, then this one. After a restart of the"
    " kernel, which ends every fleet, put the cursor into this cell and choose Run →"
    " Run All Above Selected Cell; that stops at the first cell that raises."
)
DISK_FULL = (
    "The disk is full. Nothing of yours is lost: make some room (./outage doctor says"
    " where it looks), save the notebook, and run this cell again."
)


def advice(error: BaseException) -> str:
    """Return advice for a learner about `error`, empty if its message is enough."""
    if type(error) is NameError and error.name:
        return NOT_DEFINED.format(name=error.name)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return DISK_FULL
    return ""


def explain(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    """Show the traceback of `error` as usual, with the advice as a note below it."""
    if text := advice(error):
        error.add_note(text)
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def load_ipython_extension(shell: Any) -> None:
    """Install `explain` for the errors that have advice. IPython calls this."""
    shell.set_custom_exc((NameError, OSError), explain)
