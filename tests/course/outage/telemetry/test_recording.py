"""A run that is kept in a file is read as it was."""

import gzip
from pathlib import Path

import pytest

from course.outage import Fleet, OutageError, Release
from course.outage.telemetry import recording
from course.outage.traffic.load import Load
from course.outage.traffic.messages import http_request


@pytest.mark.process
def test_a_run_is_read_as_it_was(tmp_path: Path) -> None:
    """Tries, processes, logs and the deaths among them; no path of this machine."""
    path = tmp_path / "run.jsonl.gz"
    with Fleet(Release.named("bad"), 1) as fleet:
        fleet.start_traffic(Load(rate=50, seconds=0.5))
        fleet.send(http_request(b"{"))
        assert fleet.telemetry.wait_for(lambda t: bool(t.exits() and t.tries), 10)
        recording.save(fleet.telemetry, path)
        told = recording.load(path)
        assert told.exits() == fleet.telemetry.exits()[: len(told.exits())]
    assert told.tries
    assert any("JSONDecodeError" in str(e.record) for e in told.log_entries())
    text = gzip.decompress(path.read_bytes()).decode()
    assert str(Path(__file__).parents[4]) not in text


@pytest.mark.parametrize(
    "content",
    [None, b"", b"x", gzip.compress(b"[]\n")],
    ids=["missing", "empty", "no archive", "no records"],
)
def test_a_damaged_recording_is_named(tmp_path: Path, content: bytes | None) -> None:
    """With the command that makes another."""
    path = tmp_path / "run.jsonl.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OutageError, match=r"run\.jsonl\.gz.*--record"):
        recording.load(path)


def test_the_recorded_outage_is_the_outage() -> None:
    """Deaths, an innocent database, every request with what was sent."""
    told = recording.june()
    assert len(told.exits()) > 5
    assert {exit_.exit_code for exit_ in told.exits()} == {1}
    assert all(
        try_.raw.startswith(("GET /orders", "PUT /orders")) for try_ in told.tries
    )
    assert {try_.malformed for try_ in told.tries} > {None, "unknown region"}
