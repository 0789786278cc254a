"""Text of a learner's made fit for a terminal, a page, a log and a table.

It may hold escape sequences, half a surrogate pair, characters that nobody sees or that
change the direction of writing, thousands of lines, or a megabyte.
"""

import re

LONGEST, MOST_LINES = 4000, 100
LONGEST_LINE = 400

# Control characters but for tab and line feed; characters that nobody sees and that
# move, hide or reorder others, but for the two joiners, which scripts need; and halves
# of surrogate pairs.
UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    r"\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
LINE_BREAKS = re.compile(r"[\t\n]")

# A spreadsheet takes a cell that begins so for a formula; some first drop white space.
FORMULA = re.compile(r"\s*[-=+@＝＋－＠]")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def printable(text: str) -> str:
    """Return `text` with characters escaped that a terminal or a page would act on.

    It is cut to LONGEST characters and MOST_LINES lines.
    """
    shown = _escaped(UNPRINTABLE, text[:LONGEST])
    lines = shown.split("\n")
    if len(text) <= LONGEST >= len(shown) and len(lines) <= MOST_LINES:
        return shown
    cut = f" … ({len(text):,} characters)"
    # What is returned is not cut again.
    return "\n".join(lines[:MOST_LINES])[: LONGEST - len(cut)] + cut


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Return `text` as `printable` does, in one line of at most so many characters."""
    shown = _escaped(LINE_BREAKS, _escaped(UNPRINTABLE, text[:longest]))
    if len(text) <= longest >= len(shown):
        return shown
    cut = f" … ({len(text):,} characters)"
    return shown[: longest - len(cut)] + cut


def cell(value: object) -> str:
    """Return `value` as the text of a cell in CSV that no spreadsheet runs."""
    text = one_line(str(value))
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def _escaped(characters: re.Pattern[str], text: str) -> str:
    return characters.sub(lambda match: ascii(match.group())[1:-1], text)
