"""The filter of the pages that instructors and learners get from nbgrader.

It takes out of a submission's HTML whatever could run or load something. nbconvert's
own filter would also take out what a verdict is folded with, and its style sheet.
"""

import bleach
from bleach.css_sanitizer import CSSSanitizer

from autograder.learning.pages import style

TAGS = {*bleach.ALLOWED_TAGS, "div", "pre", "span", "table", "tr", "td"}
TAGS |= {"details", "summary"}
ATTRIBUTES = {
    **bleach.ALLOWED_ATTRIBUTES,
    "*": ["class", "id", "role", "aria-label"],
    "details": ["open"],
    "span": ["style"],
}
# How wide the pieces of a score bar are.
WIDTHS = CSSSanitizer(allowed_css_properties=["flex-grow", "width"])


def cleaned(html: object) -> str:
    """Return `html` without script, style sheets and event handlers.

    The style sheet of verdicts, letter by letter, may stand at its beginning.
    """
    text = html.decode() if isinstance(html, bytes) else str(html)
    ours = style() if text.startswith(style()) else ""
    rest = text.removeprefix(ours)
    clean = bleach.clean(rest, TAGS, ATTRIBUTES, css_sanitizer=WIDTHS)
    return f"{ours}{clean}"
