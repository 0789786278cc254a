"""One replica: `python -m course.service --database orders.db --fd 3`.

The parent has bound the sockets and passes them by file descriptor, so that several
replicas can share one port and none of them can lose it by dying.
"""

import argparse
import asyncio
import signal
import socket
from functools import partial
from pathlib import Path

import uvicorn

from .app import create_app
from .boundary import install
from .clock import Loop, SharedClock
from .telemetry import Metrics, configure_logging

SHUTDOWN_GRACE_S = 1


async def serve(database: Path, sockets: list[socket.socket]) -> None:
    """Serve the API until SIGTERM or SIGINT, then finish the requests in flight."""
    # uvicorn raises the signal again once it has stopped. With a handler of our own
    # beneath its, that does nothing, and the process leaves by the front door, with 0.
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, lambda: None)
    metrics = Metrics()
    app = create_app(database, metrics)
    config = uvicorn.Config(
        install(app, metrics),
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
    )
    server = uvicorn.Server(config)
    await server.serve(sockets)


def main() -> None:
    """Read the command line and serve the API."""
    parser = argparse.ArgumentParser(prog="course.service")
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--fd", type=int, action="append", required=True)
    parser.add_argument("--clock", type=int, help="the file that holds the fleet's")
    arguments = parser.parse_args()
    configure_logging()
    kept = arguments.clock is not None
    loop_factory = partial(Loop, SharedClock(arguments.clock)) if kept else None
    sockets = [socket.socket(fileno=fd) for fd in arguments.fd]
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(serve(arguments.database, sockets))


if __name__ == "__main__":
    main()
