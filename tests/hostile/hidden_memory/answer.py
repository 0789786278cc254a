import ctypes
import os

refused = 0
try:
    os.memfd_create("hoard")
except OSError:
    refused += 1
if ctypes.CDLL(None).shmget(0, 1 << 30, 0o1600) < 0:
    refused += 1
raise SystemExit("said no twice" if refused == 2 else "got hidden memory")
