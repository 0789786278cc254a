import signal


def resolve(header):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass
