"""What confined code can and cannot do; each limit is met by running into it."""

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from enum import Enum
from pathlib import Path
from typing import IO, Any

import psutil
import pytest

from autograder.judge.fork_servers import servers
from autograder.judge.job import FORKED
from autograder.sandbox import (
    Confined,
    Limits,
    SandboxUnavailable,
    interpreter,
    prove,
    seccomp,
    watch,
)
from autograder.sandbox.interpreter import USERS
from course.outage.fleet.forkserver import Forked, Process

pytestmark = pytest.mark.process


class Way(Enum):
    """How confined code is started."""

    LIMITS = Confined.LIMITS
    SANDBOX = Confined.SANDBOX
    JOINED = "a fork that joins a sandbox"


ALL = pytest.mark.parametrize(
    "way",
    [Way.LIMITS, *(pytest.param(w, marks=pytest.mark.sandbox) for w in list(Way)[1:])],
)
BOTH = pytest.mark.parametrize(
    "way",
    [pytest.param(w, marks=pytest.mark.sandbox) for w in (Way.SANDBOX, Way.JOINED)],
)


def words_for(way: Way, limits: Limits, read: list[str], write: list[str]) -> list[str]:
    confined = Confined.LIMITS if way is Way.LIMITS else Confined.SANDBOX
    return [*interpreter(confined, limits, read=read, write=write), "-m", "attempt"]


def begin(
    way: Way, folder: Path, code: str, out: IO[bytes], err: IO[bytes], **words: Any
) -> Process:
    """Start `code` as a module, confined; `words` as for `interpreter`."""
    folder.chmod(0o755)
    for above in list(folder.parents)[:-2]:
        above.chmod(0o755)
    (folder / "attempt.py").write_text(code)
    told = {"limits": Limits(), "read": [str(folder)], "write": []} | words
    command = words_for(way, **told)
    if way is not Way.JOINED:
        return subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
    running = servers(Confined.SANDBOX)
    assert running is not None, "a fork cannot join a sandbox on this machine"
    with open(os.devnull, "rb") as nothing:
        fds = {0: nothing.fileno(), 1: out.fileno(), 2: err.fileno()}
        address = running.service.address
        return Forked(
            address, FORKED[Confined.SANDBOX], command, fds, str(folder), os.environ
        )


def run(
    way: Way, folder: Path, code: str, **words: Any
) -> subprocess.CompletedProcess[str]:
    """Run `code` to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code_ = begin(way, folder, code, out, err, **words).wait(60)
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(
            [], code_, out.read().decode(), err.read().decode()
        )


@ALL
def test_a_module_runs_as_by_python_m(tmp_path: Path, way: Way) -> None:
    """Its own name, its arguments, its neighbours, its exit code."""
    (tmp_path / "neighbour.py").write_text("value = 7")
    code = (
        "import neighbour as n, sys; print(__name__, sys.argv[1:]); sys.exit(n.value)"
    )
    done = run(way, tmp_path, code)
    assert (done.returncode, done.stdout) == (7, "__main__ []\n"), done.stderr


@ALL
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("x = bytearray(3 << 30)", "MemoryError"),
        ("open('/tmp/outage-big', 'wb').write(bytes(40 << 20))", "too large"),
        ("files = [open('/dev/null') for _ in range(300)]", "Too many open files"),
    ],
    ids=["memory", "file size", "open files"],
)
def test_each_process_is_bounded(
    tmp_path: Path, way: Way, code: str, error: str
) -> None:
    """By the kernel, so the program reads an error like any other."""
    if way is Way.LIMITS and sys.platform != "linux" and "bytearray" in code:
        pytest.skip("macOS does not bound address spaces")
    done = run(way, tmp_path, code)
    Path("/tmp/outage-big").unlink(missing_ok=True)
    assert done.returncode == 1
    assert error in done.stderr


@ALL
def test_cpu_time_is_bounded(tmp_path: Path, way: Way) -> None:
    """The kernel ends a process that has used it up."""
    done = run(way, tmp_path, "while True: pass", limits=Limits(cpu_s=1))
    # bubblewrap reports a signal as shells do.
    assert done.returncode in {-signal.SIGKILL, 128 + signal.SIGKILL}


@BOTH
def test_processes_are_bounded(tmp_path: Path, way: Way) -> None:
    """Threads count as well."""
    code = """
import os, sys
count = 0
try:
    while count < 500:
        if os.fork() == 0:
            os.pause() if hasattr(os, "pause") else __import__("signal").pause()
        count += 1
except OSError as exc:
    print(count, exc)
"""
    done = run(way, tmp_path, code, limits=Limits(processes=20))
    assert done.stdout.startswith("1"), done.stdout
    assert "temporarily unavailable" in done.stdout


@BOTH
def test_empty_files_are_bounded(tmp_path: Path, way: Way) -> None:
    """So are folders, links of both kinds, pipes and sockets: the kernel keeps each."""
    code = """
import os, socket
os.chdir("/tmp")
open("file", "w").close()
kinds = {
    "file": lambda name: os.close(os.open(name, os.O_CREAT)),
    "folder": os.mkdir,
    "link": lambda name: os.symlink("x", name),
    "hard link": lambda name: os.link("file", name),
    "pipe": os.mkfifo,
    "socket": lambda name: socket.socket(socket.AF_UNIX).bind(name),
}
for kind, make in kinds.items():
    made = []
    try:
        while len(made) < 5_000:
            make(f"{kind} {len(made)}")
            made.append(f"{kind} {len(made)}")
    except OSError as exc:
        print(kind, len(made) < 500, exc.strerror)
    for name in made:
        os.rmdir(name) if kind == "folder" else os.unlink(name)
os.rename("file", "other")
open("file", "w").write("still of use")
"""
    done = run(way, tmp_path, code, limits=Limits(scratch_files=500))
    assert done.returncode == 0, done.stderr
    kinds = ("file", "folder", "link", "hard link", "pipe", "socket")
    expected = [f"{kind} True No space left on device" for kind in kinds]
    assert done.stdout.splitlines() == expected


@BOTH
def test_wall_time_and_memory_of_the_whole_are_bounded(
    tmp_path: Path, way: Way
) -> None:
    """The watch outside ends it, and says which limit it was."""
    done = run(way, tmp_path, "import time; time.sleep(60)", limits=Limits(wall_s=1))
    assert done.returncode == 137
    assert json.loads(done.stdout)["used"] == "more than 1 s of time"
    hoard = "import os, time\nfor _ in range(3): os.fork()\n"
    hoard += "x = bytearray(os.urandom(1 << 20)) * 40\ntime.sleep(60)"
    done = run(way, tmp_path, hoard, limits=Limits(memory_mb=200))
    assert done.returncode == 137
    assert json.loads(done.stdout)["used"] == "more than 200 MB of memory"


@BOTH
def test_it_sees_the_system_and_what_is_named_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    """No environment, no home, no project, no process but its own."""
    monkeypatch.setenv("OUTAGE_SECRET", "x")
    code = """
import json, os, sys
def is_open(number):
    try:
        return bool(os.fstat(number))
    except OSError:
        return False
print(json.dumps({
    "secret": os.environ.get("OUTAGE_SECRET"),
    "home": os.listdir(os.path.expanduser("~")),
    "project": [os.path.exists(f"{PROJECT}/{n}") for n in ("solutions", "README.md")],
    "pids": [int(p) for p in os.listdir("/proc") if p.isdigit()],
    "descriptors": [n for n in range(3, 250) if is_open(n)],
    "modules": [n for n in sys.modules if n.startswith(("course", "autograder"))],
    "user": [os.getuid(), os.getgroups()],
    "status": dict(ln.split(":") for ln in open("/proc/self/status")),
}))
"""
    project = str(Path(__file__).parents[3])
    with tempfile.NamedTemporaryFile(dir="/tmp") as secret:
        done = run(way, tmp_path, f"PROJECT = {project!r}\n{code}")
    seen = json.loads(done.stdout)
    assert seen["secret"] is None
    assert Path(secret.name).name not in seen["home"]
    assert seen["project"] == [False, False]
    assert max(seen["pids"]) < 10
    assert seen["descriptors"] == []
    assert seen["modules"] == []
    if os.geteuid() == 0:
        assert seen["user"][0] in USERS
        assert seen["user"][1] == []
    status = seen["status"]
    for kind in ("CapEff", "CapPrm", "CapAmb"):
        assert int(status[kind], 16) == 0, kind
    assert int(status["NoNewPrivs"]) == 1
    assert int(status["Seccomp"]) == 2


@BOTH
def test_it_writes_only_where_it_may(tmp_path: Path, way: Way) -> None:
    """Named files and its own scratch space; nothing of that is kept."""
    given = tmp_path / "given.db"
    code = f"""
places = "/tmp/scratch", "/x", "/usr/x", "/dev/x", "/dev/shm/x", "x"
for path in ({str(given)!r}, *places):
    try:
        with open(path, "w") as file:
            file.write("written")
        print(path)
    except OSError:
        pass
"""
    done = run(way, tmp_path, code, write=[str(given)])
    assert done.stdout.split() == [str(given), "/tmp/scratch"]
    assert given.read_text() == "written"
    assert not Path("/tmp/scratch").exists()


@BOTH
@pytest.mark.parametrize(
    "call",
    [
        "os.memfd_create('x')",
        "libc('unshare', 0x10000000)",
        "libc('shmget', 0, 4096, 0o1600)",
        "libc('ptrace', 0, 0, 0, 0)",
        "libc('mount', 0, 0, 0, 0, 0)",
        "libc('keyctl', 0, 0, 0, 0, 0)",
        "libc('inotify_init1', 0)",
        "libc('vmsplice', 0, 0, 0, 0)",
        "os.nice(1)",
        "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))",
    ],
)
def test_calls_that_no_service_needs_are_refused(
    tmp_path: Path, way: Way, call: str
) -> None:
    """With EPERM, so that code that tries them can go on."""
    code = f"""
import ctypes, os
def libc(name, *arguments):
    names = {{"keyctl": 250 if os.uname().machine == "x86_64" else 219}}
    library = ctypes.CDLL(None, use_errno=True)
    call = getattr(library, name, None)
    result = call(*arguments) if call else library.syscall(names[name], *arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), name)
{call}
"""
    done = run(way, tmp_path, code)
    assert "PermissionError" in done.stderr, done.stderr


@BOTH
def test_only_sockets_that_a_network_of_its_own_bounds(
    tmp_path: Path, way: Way
) -> None:
    """A machine and its host talk through others (AF_VSOCK), whatever the network."""
    code = """
import socket
for family in range(46):
    try:
        socket.socket(family, socket.SOCK_DGRAM).close()
        print(family)
    except OSError:
        pass
"""
    done = run(way, tmp_path, code)
    assert done.stdout.split() == ["1", "2", "10", "16"]


@BOTH
def test_a_process_without_children_starts_threads_and_nothing_else(
    tmp_path: Path, way: Way
) -> None:
    """Neither a process that could die for it nor a program in its place."""
    code = """
import os, subprocess, sys, threading
for name, start in {
    "fork": os.fork,
    "posix_spawn": lambda: os.posix_spawn(sys.executable, [sys.executable], {}),
    "subprocess": lambda: subprocess.run([sys.executable, "-c", ""]),
    "exec": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
    "thread": lambda: threading.Thread(target=int).start(),
}.items():
    try:
        start()
        print(name)
    except PermissionError:
        pass
"""
    done = run(way, tmp_path, code, limits=Limits(children=False))
    assert done.stdout.split() == ["thread"], done.stderr


@BOTH
def test_open_files_and_processor_time_of_the_whole_are_bounded(
    tmp_path: Path, way: Way
) -> None:
    """Each socket may hold 200 kB that no process is charged for."""
    hoard = """
import os, socket, time
for _ in range(8):
    if os.fork() == 0:
        kept = [socket.socketpair() for _ in range(100)]
        time.sleep(60)
time.sleep(60)
"""
    done = run(way, tmp_path, hoard, limits=Limits(all_open_files=1000))
    assert done.returncode == 137
    assert json.loads(done.stdout)["used"] == "more than 1000 open files"
    spin = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
    done = run(way, tmp_path, spin, limits=Limits(cpu_s=2))
    assert done.returncode == 137
    assert json.loads(done.stdout)["used"] == "more than 2 s of processor time"


@BOTH
def test_sigterm_reaches_the_program(tmp_path: Path, way: Way) -> None:
    """And its exit code comes back."""
    code = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
print("ready", flush=True)
time.sleep(60)
"""
    reading, writing = os.pipe()
    with os.fdopen(reading) as lines, os.fdopen(writing, "wb") as out:
        process = begin(way, tmp_path, code, out, out)
        assert lines.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 5


@BOTH
def test_everything_inside_dies_with_the_watch(tmp_path: Path, way: Way) -> None:
    """Even by SIGKILL; daemons too."""
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
print("ready", flush=True)
time.sleep(60)
"""
    reading, writing = os.pipe()
    with os.fdopen(reading) as lines, os.fdopen(writing, "wb") as out:
        process = begin(way, tmp_path, code, out, out)
        assert lines.readline() == "ready\n"
        inside = psutil.Process(process.pid).children(recursive=True)
        assert len(inside) >= 4
        process.kill()
        process.wait()
    _, alive = psutil.wait_procs(inside, timeout=60)
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


def test_without_bubblewrap_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And never runs anything without."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
        prove()


def test_a_bubblewrap_that_fails_is_no_sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As where user namespaces are off: its words are kept, with a remedy."""
    fake = tmp_path / "bwrap"
    fake.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(SandboxUnavailable, match=r"No permissions.*sysctl"):
        prove()


def test_an_unknown_machine_has_no_filter_and_so_no_sandbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The numbers of system calls differ from one architecture to the next."""
    monkeypatch.setattr(platform, "machine", lambda: "vax")
    with pytest.raises(SandboxUnavailable, match="vax"):
        seccomp.program()


@BOTH
@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("installed", [True, False], ids=["a wheel", "a clone"])
def test_our_folders_are_hidden_among_readable_ones(
    way: Way,
    installed: bool,
    linked: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a worker that has the project by `pip install`, or in /usr/local/src.

    What the sandbox is to read of them is there, and all else of the folder around.
    """
    around = tmp_path / "around"
    project = around / "project"
    held_back = project / "course/modules/01_page/instructors/held_back/test_x.py"
    script = project / "autograder/sandbox/inside/call.py"
    for file in (held_back, script, project / "solutions/s.py", around / "other"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("here")
    if not installed:
        (project / "pyproject.toml").touch()
    seen = around
    if linked:
        seen = tmp_path / "link"
        seen.symlink_to(around)
    # The package gives a function of its the same name.
    ours = sys.modules["autograder.sandbox.interpreter"]
    monkeypatch.setattr(ours, "PROJECT", seen / "project")
    code = f"""
import os
files = [os.path.join(top, n) for top, _, ns in os.walk({str(seen)!r}) for n in ns]
print(sorted(os.path.relpath(file, {str(seen)!r}) for file in files))
try:
    open({str(seen / "project/course/x")!r}, "w")
except OSError:
    print("read-only")
"""
    folder = tmp_path / "code"
    folder.mkdir()
    read = [str(folder), str(seen), str(seen / "project/autograder/sandbox/inside")]
    done = run(way, folder, code, read=read)
    files = ["other", "project/autograder/sandbox/inside/call.py"]
    files += ["project/solutions/s.py"] if installed else []
    assert done.stdout == f"{files}\nread-only\n", done


def test_a_sandbox_survives_json() -> None:
    """It is handed to other processes, with whatever is in the names of files."""
    sandbox = watch.Sandbox(
        bwrap="/usr/bin/bwrap",
        filter="00ff",
        inside="",
        user=None,
        limits=Limits().to_json(),
        read=['/a "quoted" folder', "."],
        write=["/with\\backslash", "/{release}"],
        hidden=["/nowhere"],
    )
    assert watch.Sandbox.from_json(sandbox.to_json()) == sandbox
    assert sandbox.program == b"\x00\xff"
    assert sandbox.on_top == b""


@BOTH
def test_relative_paths_begin_where_the_command_is_started(
    tmp_path: Path, way: Way
) -> None:
    """Whatever the folder is called."""
    folder = tmp_path / 'a "{release}" \\ folder'
    folder.mkdir()
    code = "open('../beside.txt', 'w').write(open('attempt.py').read())"
    done = run(way, folder, code, read=["."], write=["../beside.txt"])
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "beside.txt").read_text() == code
