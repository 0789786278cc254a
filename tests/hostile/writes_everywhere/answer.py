import os
import sys
import sysconfig

places = [
    "/", "/usr", "/etc", "/bin", "/dev", "/dev/shm", "/root", "/home", "/var/tmp", ".",
    "..", "../..", "../../solutions", "../../course/modules", "../../submitted",
    sys.prefix, sysconfig.get_path("purelib"), os.path.dirname(os.__file__),
    "/proc/1/root", "/proc/1/cwd",
]
written = []
for place in places:
    try:
        if os.path.realpath(place).startswith("/tmp"):
            continue  # the scratch space, which it may fill and which nobody reads
    except PermissionError:
        pass  # /proc/1/root of a process that is not its own: try to write all the same
    for name in ("gradebook.db", "conftest.py", "sitecustomize.py"):
        try:
            with open(os.path.join(place, name), "w") as file:
                file.write("owned")
            written.append(place)
        except OSError:
            pass
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/1/mem"):
    try:
        with open(path, "w") as file:
            file.write("owned")
        written.append(path)
    except OSError:
        pass
raise SystemExit(f"it wrote to {len(written)} places {written}")
