"""The system calls that confined code may not make, as a filter for the Linux kernel.

It forbids calls that take memory which no other limit counts (memfd_create, System V
shared memory, inotify, whose queues took 1.1 GB), calls that reach into other processes
(ptrace …) or rarely used parts of the kernel (bpf, io_uring, keyrings …), calls with
which a process gives way to all others, so that a busy machine cannot judge it
(setpriority …), and every way to new namespaces, in which a process would be root over
more of the kernel than it needs. Sockets are of the families in FAMILIES: others, such
as that between a virtual machine and its host, pass by a network of one's own. The
service needs none of them.

A filter is a program for the kernel's classic BPF machine: see seccomp(2) and
https://docs.kernel.org/userspace-api/seccomp_filter.html. The numbers are those of
/usr/include/asm/unistd_64.h and asm-generic/unistd.h.
"""

import errno
import platform
import struct

from .errors import SandboxUnavailable

# platform.machine() → (AUDIT_ARCH_…, system call → number).
ARCHITECTURES = {
    "x86_64": (
        0xC000003E,
        {
            "clone": 56,
            "clone3": 435,
            "socket": 41,
            "shmget": 29,
            "shmat": 30,
            "shmctl": 31,
            "shmdt": 67,
            "semget": 64,
            "msgget": 68,
            "mq_open": 240,
            "memfd_create": 319,
            "memfd_secret": 447,
            "ptrace": 101,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "kcmp": 312,
            "pidfd_getfd": 438,
            "mount": 165,
            "umount2": 166,
            "pivot_root": 155,
            "chroot": 161,
            "fsopen": 430,
            "open_tree": 428,
            "move_mount": 429,
            "mount_setattr": 442,
            "unshare": 272,
            "setns": 308,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "bpf": 321,
            "perf_event_open": 298,
            "userfaultfd": 323,
            "io_uring_setup": 425,
            "fanotify_init": 300,
            "open_by_handle_at": 304,
            "personality": 135,
            "inotify_init": 253,
            "inotify_init1": 294,
            "vmsplice": 278,
            "setpriority": 141,
            "sched_setparam": 142,
            "sched_setscheduler": 144,
            "sched_setattr": 314,
            "sched_setaffinity": 203,
            "ioprio_set": 251,
            "syslog": 103,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "clone": 220,
            "clone3": 435,
            "socket": 198,
            "shmget": 194,
            "shmctl": 195,
            "shmat": 196,
            "shmdt": 197,
            "semget": 190,
            "msgget": 186,
            "mq_open": 180,
            "memfd_create": 279,
            "memfd_secret": 447,
            "ptrace": 117,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "kcmp": 272,
            "pidfd_getfd": 438,
            "mount": 40,
            "umount2": 39,
            "pivot_root": 41,
            "chroot": 51,
            "fsopen": 430,
            "open_tree": 428,
            "move_mount": 429,
            "mount_setattr": 442,
            "unshare": 97,
            "setns": 268,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "bpf": 280,
            "perf_event_open": 241,
            "userfaultfd": 282,
            "io_uring_setup": 425,
            "fanotify_init": 262,
            "open_by_handle_at": 265,
            "personality": 92,
            "inotify_init1": 26,
            "vmsplice": 75,
            "setpriority": 140,
            "sched_setparam": 118,
            "sched_setscheduler": 119,
            "sched_setattr": 274,
            "sched_setaffinity": 122,
            "ioprio_set": 30,
            "syslog": 116,
        },
    ),
}

# CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
NEW_NAMESPACE = 0x80 | 0x20000 | 0x7E000000
# AF_UNIX, AF_INET, AF_INET6, and AF_NETLINK, with which names of hosts are resolved.
FAMILIES = (1, 2, 10, 16)
NEW_THREAD = 0x10000  # CLONE_THREAD
X32 = 0x40000000  # calls of the x32 ABI carry this bit; nobody needs them

# Classic BPF: operations, offsets in struct seccomp_data, and results.
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, KILL, FAIL_WITH = 0x7FFF0000, 0x80000000, 0x00050000


# platform.machine() → calls that start a process, or another program in this one.
STARTS = {
    "x86_64": {"clone": 56, "fork": 57, "vfork": 58, "execve": 59, "execveat": 322},
    "aarch64": {"clone": 220, "execve": 221, "execveat": 281},
}

Step = tuple[int, int, int, int]
REFUSED: Step = (RETURN, 0, 0, FAIL_WITH | errno.EPERM)
ALLOWED: Step = (RETURN, 0, 0, ALLOW)


def program() -> bytes:
    """Return the filter for this kind of machine. Raises SandboxUnavailable."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise SandboxUnavailable(
            f"the system calls of {machine} are not known here",
            f"Grade on a machine of the kind {' or '.join(ARCHITECTURES)}.",
        )
    numbers = dict(ARCHITECTURES[machine][1])
    clone, clone3, socket = map(numbers.pop, ("clone", "clone3", "socket"))
    steps: list[Step] = [
        # Its flags are behind a pointer; without clone3 the C library uses clone.
        (EQUAL, 0, 1, clone3),
        (RETURN, 0, 0, FAIL_WITH | errno.ENOSYS),
    ]
    for number in numbers.values():
        steps += [(EQUAL, 0, 1, number), REFUSED]
    families = [
        step for family in FAMILIES for step in ((EQUAL, 0, 1, family), ALLOWED)
    ]
    steps += [
        (EQUAL, 0, len(families) + 2, socket),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        *families,
        (RETURN, 0, 0, FAIL_WITH | errno.EAFNOSUPPORT),
        (EQUAL, 0, 3, clone),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 0, 1, NEW_NAMESPACE),
        REFUSED,
    ]
    return _packed(steps)


def alone() -> bytes:
    """Return a filter for a process that starts threads, and nothing else.

    One that has a child die in its place, and starts the next, would hide each death
    of a service; so would one that becomes another program. It goes on top of the
    filter `program`, once the process runs the program that it is to run.
    """
    numbers = dict(STARTS[platform.machine()])
    clone = numbers.pop("clone")
    steps: list[Step] = []
    for number in numbers.values():
        steps += [(EQUAL, 0, 1, number), REFUSED]
    steps += [
        (EQUAL, 0, 3, clone),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 1, 0, NEW_THREAD),
        REFUSED,
    ]
    return _packed(steps)


def _packed(steps: list[Step]) -> bytes:
    """Return the program that goes by `steps`, and allows what they do not refuse.

    They find the number of the system call loaded.
    """
    architecture, _ = ARCHITECTURES[platform.machine()]
    head: list[Step] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, FAIL_WITH | errno.ENOSYS),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in (*head, *steps, ALLOWED))
