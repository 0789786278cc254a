"""Busy loops beside the judge: a machine that has other work, made on purpose."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

# Until there is something to read: the end of the pipe, however we have ended.
LOOP = """
import select
while not select.select([0], [], [], 0)[0]:
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def busy(loops_per_core: int) -> Iterator[list[int]]:
    """Run so many busy loops for each core, each a process; yields their pids.

    They end with the block, and with this process if it is killed.
    """
    words = [sys.executable, "-I", "-S", "-c", LOOP]
    with ExitStack() as running:
        pids = []
        for _ in range(loops_per_core * (os.cpu_count() or 1)):
            loop = subprocess.Popen(words, stdin=subprocess.PIPE)
            # Leaving a Popen closes its pipe and waits for its end.
            running.enter_context(loop)
            pids.append(loop.pid)
        yield pids
