"""A sandbox for a forked process: a module runs without starting a Python inside.

    sys.argv = [*interpreter(Confined.SANDBOX, …), "-m", MODULE, ARGUMENTS…]
    sys.exit(join.main())

for a process forked by a fork server that has imported all that the module needs:

    this process ─▶ bubblewrap: the sandbox of that command line, with `cat` inside,
       │            which holds it open
       └▶ enters the sandbox's namespaces ─▶ its child, the only kind of process that
                                             is inside in every way: gives up all
                                             rights, then runs the module

The child does for itself what bubblewrap does for a program that it starts: a session,
an environment, no capabilities, no new privileges, the filter for system calls.
"""

import ctypes
import os
import signal
import subprocess
import sys
from typing import NoReturn

from . import watch
from .inside import launch

# linux/prctl.h, linux/sched.h, linux/capability.h
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
NAMESPACES = {
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "mnt": 0x00020000,
}
CAPABILITY_VERSION_3 = 0x20080522
MOST_CAPABILITIES = 64

libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    """Watch until the module inside ends, and return its exit code."""
    options, module = launch.split(sys.argv)
    sandbox = watch.Sandbox.from_json(options)
    open_here = descriptors()  # those that the module may have; more will be opened
    bubblewrap, init = watch.start(
        sandbox, ["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert bubblewrap.stdin is not None
    assert bubblewrap.stdout is not None
    # Once `cat` has repeated a line, the sandbox is complete.
    os.write(bubblewrap.stdin.fileno(), b"\n")
    if not os.read(bubblewrap.stdout.fileno(), 1):
        return bubblewrap.wait() or 1
    watch.bound_files(init, sandbox.limits["scratch_files"])
    watching = os.getpid()
    door = os.fork()
    if door == 0:
        for fd in descriptors() - open_here:
            os.close(fd)
        return enter(init, watching, sandbox, module)
    reason = watch.overdrawn(door, [door, init], sandbox.limits)
    watch.stop(bubblewrap)
    code = exit_code_of(door)
    if reason:
        watch.tell(reason)
        return watch.KILLED
    return code


def enter(init: int, parent: int, sandbox: watch.Sandbox, module: list[str]) -> int:
    """Enter `sandbox`, that of process `init`; run the module in a child.

    Returns the child's exit code.
    """
    folder = os.getcwd()
    process = os.pidfd_open(init)
    check(libc.setns(process, different(init)))
    os.close(process)
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))  # entering has cleared it
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    program_inside = os.fork()
    if program_inside == 0:
        become(folder, sandbox, module)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    return exit_code_of(program_inside)


def exit_code_of(child: int) -> int:
    """Wait for a child to end; return its exit code as shells and bubblewrap do."""
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def become(folder: str, sandbox: watch.Sandbox, module: list[str]) -> NoReturn:
    """Give up all rights, run the module in `folder`, and exit."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(watch.ENVIRONMENT)
    for capability in range(MOST_CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability)  # this kernel may not know them all
    launch.apply(sandbox.limits, sandbox.user_inside)
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    drop_capabilities()
    launch.install(sandbox.program)
    if sandbox.on_top:
        launch.install(sandbox.on_top)
    # Our modules are not visible in the sandbox: the code in it imports its own.
    launch.forget()
    launch.run(module)
    sys.exit(0)


def different(init: int) -> int:
    """Return the namespaces of process `init` that differ from ours, as flags."""
    flags = 0
    for name, flag in NAMESPACES.items():
        theirs, own = f"/proc/{init}/ns/{name}", f"/proc/self/ns/{name}"
        if os.readlink(theirs) != os.readlink(own):
            flags |= flag
    return flags


def descriptors() -> set[int]:
    """Return the open file descriptors of this process."""
    fds = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            os.fstat(int(name))
        except OSError:
            continue  # the descriptor of the listing itself
        fds.add(int(name))
    return fds


class Header(ctypes.Structure):
    """The C library's struct __user_cap_header_struct."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def drop_capabilities() -> None:
    """Drop all capabilities of this process, whoever its user is."""
    none = (ctypes.c_uint32 * 6)()
    check(libc.capset(ctypes.byref(Header(CAPABILITY_VERSION_3, 0)), none))


def check(result: int) -> None:
    """Raise OSError if the C library reports an error."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
