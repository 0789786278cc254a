import os
import sys

fd = int(sys.argv[sys.argv.index("--clock") + 1])
changed = []
for way in (
    lambda: os.fchmod(fd, 0o666),
    lambda: os.ftruncate(os.open(f"/proc/self/fd/{fd}", os.O_RDWR), 0),
    lambda: os.ftruncate(fd, 0),
    lambda: os.write(os.open(f"/proc/self/fd/{fd}", os.O_WRONLY), b"\xff" * 56),
):
    try:
        way()
        changed.append(way)
    except OSError:
        pass
raise SystemExit(f"it changed {len(changed)} clocks")
