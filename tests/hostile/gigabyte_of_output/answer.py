import sys

for _ in range(1 << 14):
    sys.stdout.write("x" * 65_535 + "\n")
