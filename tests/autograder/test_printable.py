"""What learners wrote, as terminals, pages, logs and tables get it."""

import csv
import io

import pytest

from autograder.printable import (
    LONGEST,
    LONGEST_LINE,
    MOST_LINES,
    cell,
    one_line,
    printable,
)

ODD = {
    "\x1b[2J\x1b]0;owned\x07": "\\x1b[2J\\x1b]0;owned\\x07",
    "\x9b31m": "\\x9b31m",
    "a\rb": "a\\rb",
    "\x00": "\\x00",
    "user\u202egnp.exe": "user\\u202egnp.exe",
    "\u2067x\u200e\u061c": "\\u2067x\\u200e\\u061c",
    "a\u200bb\ufeff": "a\\u200bb\\ufeff",
    "\U000e0041": "\\U000e0041",
    "half \ud800": "half \\ud800",
    "no UTF-8 \udcff": "no UTF-8 \\udcff",
    "a\u2028b\u0085c": "a\\u2028b\\x85c",
}


@pytest.mark.parametrize("text", ODD)
def test_what_a_terminal_acts_on_is_escaped(text: str) -> None:
    """By both functions; what they return can be encoded, and stays as it is."""
    for shown in (printable(text), one_line(text), cell(text)):
        assert shown == ODD[text]
        shown.encode()
        assert printable(shown) == one_line(shown) == shown


def test_honest_text_stays_as_it_is() -> None:
    """Of any script, with its line breaks; joiners are part of words."""
    text = "déjà vu, 東京, नहीं\u200d, می\u200cخواهم, 👩\u200d💻 – “x”\n\tindented"
    assert printable(text) == text
    assert one_line(text) == text.replace("\n\t", "\\n\\t")


@pytest.mark.parametrize("text", ["x" * 10**6, "a\n" * 8000, "\x1b" * 5000, "\n" * 399])
def test_long_text_is_cut_once(text: str) -> None:
    """In characters and in lines; what is left says how much there was."""
    shown = printable(text)
    assert len(shown) <= LONGEST
    assert shown.count("\n") < MOST_LINES
    assert f"({len(text):,} characters)" in shown
    assert printable(shown) == shown
    line = one_line(text)
    assert len(line) <= LONGEST_LINE
    assert "\n" not in line
    assert one_line(line) == line


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd", "@SUM(A1)", "-2+3", " =1", "＝1", "=HYPERLINK(1)", "-1e5;x"],
)
def test_no_cell_is_a_formula(text: str) -> None:
    """Whatever a spreadsheet takes for one is quoted."""
    assert cell(text) == f"'{text}"


def test_a_cell_is_one_cell() -> None:
    """Numbers are left alone, also negative ones; a line break makes no row."""
    assert [cell(value) for value in (-1.5, "-0.5", 3, "")] == ["-1.5", "-0.5", "3", ""]
    file = io.StringIO()
    csv.writer(file).writerow([cell('a\n"b",=c'), cell("\t=1")])
    assert next(csv.reader([file.getvalue()])) == ['a\\n"b",=c', "\\t=1"]
