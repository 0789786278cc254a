"""The bad release: a change that a reviewer would approve, and that ends processes."""

import random
import tomllib
from pathlib import Path

import pytest

from course.outage import Fleet, Release
from course.outage.errors import ReleaseNotFound
from course.outage.telemetry.crashes import crashes
from course.outage.traffic.load import Load
from course.outage.traffic.messages import MALFORMED, http_request, malformed
from course.outage.traffic.retries import Retries


def changed_lines(release: Release) -> list[str]:
    """The lines that the diff adds or removes."""
    return [
        line
        for line in release.diff().splitlines()
        if line[:1] in {"+", "-"}
        and line[:3] not in {"+++", "---"}
        and line[1:].strip()
    ]


def test_the_bad_release_is_a_small_change() -> None:
    """At most 40 lines, none of them in the routing code itself."""
    bad = Release.named("bad")
    assert len(changed_lines(bad)) <= 40
    assert "routing.py" not in bad.modules


def test_at_least_five_exception_types_are_behind_malformed_requests() -> None:
    """So that catching one of them is visibly not enough."""
    assert len({exception for exception, _ in MALFORMED.values()}) >= 5


@pytest.mark.process
@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_any_malformed_request_ends_a_process_of_the_bad_release(kind: str) -> None:
    """With exit code 1, and the routing code's exception in its last traceback."""
    with Fleet(Release.named("bad"), replicas=1, first_backoff_s=10) as fleet:
        assert (
            fleet.send(http_request(b'{"region": "us-east", "shard": 7}')).status == 200
        )
        fleet.send(malformed(random.Random(kind), kind)[1])
        assert fleet.telemetry.wait_for(lambda t: bool(t.exits()), 5)
        crash = crashes(fleet.telemetry)[0]
    assert crash.exit_code == 1
    assert crash.exception == MALFORMED[kind][0]
    assert crash.place.startswith("routing.py:")


@pytest.mark.process
def test_without_malformed_requests_nobody_sees_a_difference() -> None:
    """The bad release serves well-formed traffic as the good one does."""
    with Fleet(Release.named("bad"), replicas=1) as fleet:
        patient = Retries(timeout_s=30.0)
        fleet.start_traffic(Load(rate=100, seconds=2, retries=patient))
        assert fleet.telemetry.wait_for(lambda t: t.now > 3, 10)
        assert fleet.telemetry.success(0, 10, within_s=60) == 1.0


def test_a_release_is_the_service_with_modules_replaced() -> None:
    """On top of each other, and read back as they were given."""
    fixed = Release.named("bad").called("fixed").replace("dispatch.py", "x = 1\n")
    assert fixed.source("dispatch.py") == "x = 1\n"
    assert fixed.source("app.py") == Release.named("bad").source("app.py")
    assert fixed.source("routing.py") == Release.named("good").source("routing.py")
    assert Release.named("good").diff() == ""
    loop = Release.named("bad").source("dispatch.py", since="dispatch(lookups:")
    assert loop.startswith("async def dispatch(")


def test_an_edit_must_fit() -> None:
    """Exactly once; a line that was renamed is an error, and no edit of nothing."""
    good = Release.named("good")
    edited = good.called("edited").edited("app.py", 'title="Orders"', 'title="Teas"')
    assert len(changed_lines(edited)) == 2
    assert edited.name == "edited"
    for old in ("a line that nobody wrote", "import"):
        with pytest.raises(ValueError, match=rf"good/app.py: .* not once:\n{old}"):
            good.edited("app.py", old, "")
    assert good.extended("app.py", "\nX = 1\n").source("app.py").endswith("\nX = 1\n")
    assert good.modules == {}


def test_every_named_release_says_what_it_is_and_what_it_stands_on(
    project: Path,
) -> None:
    """One sentence; and its edits fit its base."""
    folders = sorted((project / "course" / "releases").glob("*/"))
    assert len(folders) >= 10
    for folder in folders:
        about = tomllib.loads((folder / "release.toml").read_text())["about"]
        assert about.endswith(".")
        assert len(about) <= 120
        assert Release.named(folder.name).modules
    assert Release.named("tested").source("app.py") == Release.named("edge").source(
        "app.py"
    )
    with pytest.raises(ReleaseNotFound, match="Known: good, bad"):
        Release.named("../service")
