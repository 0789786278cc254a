class Hanging:
    region = "eu-west"
    shard = 0

    def __eq__(self, other):
        while True:
            pass

    __hash__ = __repr__ = __str__ = lambda self: self == self


def resolve(header):
    return repr(Hanging())
