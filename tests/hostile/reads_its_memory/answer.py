import ctypes
import gc

CANARY = b"CANARY-" + b"41d7"

gc.unfreeze()
found = []
with open("/proc/self/maps") as maps:
    places = [line.split() for line in maps]
for addresses, rights, *_, name in places:
    # What it may write, that is, its heap and what its server had on its own.
    if not rights.startswith("rw") or name.startswith("[v"):
        continue
    start, end = (int(word, 16) for word in addresses.split("-"))
    copies = ctypes.string_at(start, end - start).count(CANARY)
    if copies:
        found.append((name, copies))
# It has the words that it looks for.
mine = sum(copies for _, copies in found) <= 5
raise SystemExit(f"it found {0 if mine else len(found)} secrets {found}")
