import os

number = 0
for _ in range(64):
    fields = ",".join(f'"{number + n:x}":0' for n in range(50_000))
    number += 50_000
    line = b"{" + fields.encode() + b"}\n"
    while line:
        line = line[os.write(1, line) :]
