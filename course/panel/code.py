"""Python, diffs and tracebacks as HTML in color.

In a traceback, the frames of the service and of the learner stand apart from those of
libraries, which are folded. The text itself stays as it was printed.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from IPython.display import display
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import DiffLexer, PythonLexer

from .display import style

STYLE = style(Path(__file__).with_name("code.css"))

# A line of a printed traceback, behind the bars that an exception group puts there.
BARS = r"(?P<bars>[\s|]*)"
FRAME = re.compile(
    rf'{BARS}File "(?P<folder>.*?)(?P<file>[^/"]+)", line (?P<line>\d+)(?P<rest>.*)'
)
CARETS = re.compile(rf"{BARS}[\^~]+\s*")
RAISED = re.compile(rf"{BARS}(?P<kind>[A-Za-z_][\w.]*)(?P<message>: .*)?")
# The course's own frames around the service are of no more use than a library's.
LIBRARY = re.compile(
    r"(site|dist)-packages/|/lib/python3|<frozen |<string>"
    r"|/(course/outage|course/panel|autograder)/"
)
PACKAGE = re.compile(
    r"(?:site|dist)-packages/(\w+)|/python3[\d.]*/(?!site-p|dist-p)(\w+)|<frozen (\w+)"
    r"|/(course/outage|course/panel|autograder)/"
)


def python(text: str) -> str:
    """Return Python source as HTML in color."""
    return _block(f"<pre>{_colored(text, PythonLexer())}</pre>", "python")


def diff(text: str) -> str:
    """Return a unified diff as HTML in color."""
    return _block(f"<pre>{_colored(text, DiffLexer())}</pre>", "diff")


def traceback(text: str) -> str:
    """Return a printed traceback as HTML: libraries' frames folded, ours in color."""
    parts = []
    for library, frames in groupby(_frames(text.splitlines()), key=_is_library):
        together = list(frames)
        shown = "".join(map(_shown, together))
        parts.append(_folded(together, shown) if library else shown)
    return _block("".join(parts), "traceback")


def is_traceback(text: str) -> bool:
    """Return whether a line of `text` is a frame of a traceback."""
    return any(FRAME.fullmatch(line) for line in text.splitlines())


def show_traceback(text: str) -> None:
    """Show a traceback that a process has printed."""
    display({"text/plain": text, "text/html": STYLE + traceback(text)}, raw=True)


def show_diff(text: str) -> None:
    """Show a unified diff."""
    display({"text/plain": text, "text/html": STYLE + diff(text)}, raw=True)


def _block(html: str, kind: str) -> str:
    return f'<div class="outage-code outage-{kind}">{html}</div>'


def _colored(text: str, lexer: DiffLexer | PythonLexer) -> str:
    return str(highlight(text, lexer, HtmlFormatter(nowrap=True)))


def _frames(lines: list[str]) -> Iterator[list[str]]:
    """Yield the lines of each frame, and between frames each other line alone."""
    frame: list[str] = []
    margin = 0
    for line in lines:
        bars = re.match(r"[\s|]*", line)
        indented = bars.end() if bars else 0
        if FRAME.fullmatch(line):
            if frame:
                yield frame
            frame, margin = [line], indented
        elif frame and indented > margin:
            frame.append(line)
        else:
            if frame:
                yield frame
            frame = []
            yield [line]
    if frame:
        yield frame


def counted(paths: Sequence[str]) -> str:
    """Return how many frames of libraries those in files at `paths` are, and whose."""
    packages = dict.fromkeys(
        found[found.lastindex or 0].replace("/", ".")
        for path in paths
        if (found := PACKAGE.search(path))
    )
    noun = "frame" if len(paths) == 1 else "frames"
    return f"{len(paths)} {noun} of {', '.join(packages) or 'libraries'}"


def _is_library(frame: list[str]) -> bool:
    found = FRAME.fullmatch(frame[0])
    return bool(found and LIBRARY.search(found["folder"] + found["file"]))


def _folded(frames: list[list[str]], html: str) -> str:
    """Return libraries' frames as one line that opens."""
    count = escape(counted([frame[0] for frame in frames]))
    return f"<details><summary>{count}</summary>{html}</details>"


def _shown(frame: list[str]) -> str:
    """Return the lines of a frame, or one other line, as HTML."""
    first, *source = frame
    if found := FRAME.fullmatch(first):
        bars, folder, file, line, rest = map(escape, found.groups())
        shown = (
            f'<pre>{bars}File &quot;<span class="folder">{folder}</span>'
            f"<strong>{file}</strong>&quot;, line <strong>{line}</strong>{rest}</pre>"
        )
        return shown + "".join(map(_source, source))
    if found := RAISED.fullmatch(first):
        kind, message = escape(found["kind"]), escape(found["message"] or "")
        return (
            f'<pre>{escape(found["bars"])}<strong class="raised">{kind}</strong>'
            f"{message}</pre>"
        )
    return f"<pre>{escape(first) or '&nbsp;'}</pre>"


def _source(text: str) -> str:
    """Return a line of source below a frame as HTML, or the carets below that."""
    if CARETS.fullmatch(text):
        return f'<pre class="carets">{escape(text)}</pre>'
    code = text.lstrip(" |")
    bars = text[: len(text) - len(code)]
    return f"<pre>{escape(bars)}{_colored(code, PythonLexer()).strip()}</pre>"
