"""Busy loops beside the judge, to make this machine busy on purpose."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

# It runs until its pipe is closed, however this process has ended.
LOOP = """
import select
while not select.select([0], [], [], 0)[0]:
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def busy(loops_per_core: int) -> Iterator[list[int]]:
    """Run `loops_per_core` busy loops a core, each a process; yield their pids.

    They end with the block, and with this process if it is killed.
    """
    argv = [sys.executable, "-I", "-S", "-c", LOOP]
    with ExitStack() as running:
        pids = []
        for _ in range(loops_per_core * (os.cpu_count() or 1)):
            loop = subprocess.Popen(argv, stdin=subprocess.PIPE)
            # Leaving a Popen closes its pipe and waits until it has ended.
            running.enter_context(loop)
            pids.append(loop.pid)
        yield pids
