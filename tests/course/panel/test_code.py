"""Tracebacks and diffs in color: the text stays, libraries' frames are folded."""

import html
import re

from course.panel.code import diff, is_traceback, python, traceback

JUNE = """\
  + Exception Group Traceback (most recent call last):
  |   File "<frozen runpy>", line 88, in _run_code
  |   File "/tmp/release-0/course/service/__main__.py", line 60, in main
  |     runner.run(serve(arguments.database, sockets))
  |   File "/usr/lib/python3.11/asyncio/runners.py", line 118, in run
  |     return self._loop.run_until_complete(task)
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |   File "/v/lib/python3.11/site-packages/uvicorn/server.py", line 70, in serve
  |     await self._serve(sockets)
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/tmp/release-0/course/service/routing.py", line 36, in resolve
    |     region = route["<region>"].lower()
    |              ~~~~~^^^^^^^^^^^^
    | TypeError: list indices must be integers or slices, not <class 'str'>
    +------------------------------------"""


def lines(page: str) -> list[str]:
    """The lines of text in `page`, without what folds them."""
    page = re.sub(r"<summary>.*?</summary>", "", page)
    return html.unescape(re.sub(r"<[^>]+>", "", page.replace("</pre>", "\n"))).split(
        "\n"
    )


def test_the_text_of_a_traceback_stays_as_it_was_printed() -> None:
    """Bars, carets, angle brackets and all."""
    assert lines(traceback(JUNE)) == [*JUNE.split("\n"), ""]


def test_frames_of_libraries_are_folded_and_named() -> None:
    """Ours stand open, with the name of the file and of the exception in sight."""
    page = traceback(JUNE)
    folded = re.findall(r"<summary>(.*?)</summary>", page)
    assert folded == ["1 frame of runpy", "2 frames of asyncio, uvicorn"]
    outside = re.sub(r"<details>.*?</details>", "", page)
    assert "<strong>routing.py</strong>" in outside
    assert "runners.py" not in outside
    assert '<strong class="raised">TypeError</strong>' in outside


def test_a_traceback_is_told_from_other_text() -> None:
    """By its frames."""
    assert is_traceback(JUNE)
    assert not is_traceback("curl -i http://127.0.0.1:8000/orders")


def test_code_and_diffs_are_escaped() -> None:
    """They may hold markup."""
    for page in (python('x = "<b>"\n'), diff("+<script>\n-<b>\n")):
        assert set(re.findall(r"<(\w+)", page)) == {"div", "pre", "span"}
