import os

few = 0
for kind, make in (("a", os.mkdir), ("b", os.mkfifo), ("c", os.mknod)):
    try:
        for number in range(200_000):
            make(f"/tmp/{kind}{number}")
    except OSError:
        few += number < 10_000
raise SystemExit("fewer than 10,000 of each kind" if few == 3 else "as many as I like")
