import sys

sys.setrecursionlimit(1 << 30)


class Endless(dict):
    def __missing__(self, key):
        return self[key + 1]


repr(Endless()[0])
