"""Room on the disk: a fleet that runs out of it fails in ways that tell nobody why."""

import shutil
import tempfile

from .errors import NoRoom

NEEDED_BYTES = 64 << 20  # a database, the release, the logs in flight


def require_room() -> None:
    """Raise NoRoom if the temporary folder has too little."""
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise NoRoom(folder, free)
