import os

CANARY = b"CANARY-" + b"41d7"
found = [name for name, value in os.environb.items() if CANARY in value]
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "cmdline"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if CANARY in file.read():
                    found.append(pid)
        except OSError:
            pass
raise SystemExit(f"it found {len(found)} secrets {found}")
