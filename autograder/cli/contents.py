"""The files of the learner's JupyterLab, with a front page that is always fresh."""

from contextlib import suppress
from typing import Any

from jupyter_server.services.contents.largefilemanager import LargeFileManager

from course.outage import OutageError

from .copies import show_the_way
from .shared import PROJECT
from .workspace import FRONT_PAGE


class CourseContents(LargeFileManager):
    """Jupyter's usual files, of which the front page follows the journal.

    Without threads: Jupyter's default, which is asynchronous, reads files in threads of
    anyio, and a server that is ended soon after a read sometimes waits forever for one
    (jupyter_server 2.21, anyio 4; two of eight tries). One learner on a local disk
    does not need them.
    """

    def get(
        self, path: str, content: bool = True, *args: Any, **options: Any
    ) -> dict[str, Any]:
        """Return the model of the file at `path`, as Jupyter Server asks for it."""
        if content and path.strip("/") == f"work/{FRONT_PAGE}":
            # What cannot be read or written is for the lines below to tell.
            with suppress(OSError, OutageError):
                show_the_way(PROJECT)
        model: dict[str, Any] = super().get(  # type: ignore[no-untyped-call]
            path, content, *args, **options
        )
        return model
