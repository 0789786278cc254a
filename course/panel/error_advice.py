"""An IPython extension that explains common mistakes below their tracebacks.

Of a traceback it leaves out the frames of libraries, except where the error was raised:
what learners can mend is in their own frames.

The kernels that `outage learn` starts load it (see autograder/cli/jupyter/kernels), so
it also works after a restart, before anything of the course has been imported.
"""

import errno
import sys
from types import TracebackType
from typing import Any

from .code import LIBRARY, counted

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


def without_libraries(
    trace: TracebackType | None,
) -> tuple[TracebackType | None, list[str]]:
    """Return `trace` without frames of libraries, and the paths of their files.

    The first frame stays, which is IPython's, and the last, where the error was raised.
    """
    frames = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    kept, left_out = [], []
    for number, frame in enumerate(frames):
        path = frame.tb_frame.f_code.co_filename
        if 0 < number < len(frames) - 1 and LIBRARY.search(path):
            left_out.append(path)
        else:
            kept.append(frame)
    short: TracebackType | None = None
    for frame in reversed(kept):
        short = TracebackType(short, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return short, left_out


def explain(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    """Show the traceback of `error` in short, with advice as a note below it."""
    short, left_out = without_libraries(trace)
    if left_out:
        error.add_note(f"Left out: {counted(left_out)}. %tb shows all.")
    if text := advice(error):
        error.add_note(text)
    shell.showtraceback((kind, error, short), tb_offset=tb_offset)
    sys.last_traceback = trace  # which %tb shows


def load_ipython_extension(shell: Any) -> None:
    """Install `explain` for all errors. IPython calls this."""
    shell.set_custom_exc((Exception,), explain)
