import os

CANARY = b"CANARY-" + b"41d7"
read = set()
for pid in filter(str.isdigit, os.listdir("/proc")):
    if int(pid) == os.getpid():
        continue
    for name in (f"/proc/{pid}/mem", *(f"/proc/{pid}/fd/{n}" for n in range(3, 64))):
        try:
            with open(name, "r+b", 0) as file:
                if CANARY in file.read(1 << 16):
                    read.add(pid)
        except (OSError, ValueError):
            pass
raise SystemExit(f"it read {len(read)} of its neighbours")
