import glob
import sys

path = sys.argv[sys.argv.index("--database") + 1]
with open(path, "ab") as file:
    while True:
        file.write(b"x" * (1 << 20))
