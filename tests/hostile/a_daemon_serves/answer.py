import os

if os.fork():
    os._exit(0)
os.setsid()
