"""What the prediction of lesson 11 comes to; course/modules/README.md says how."""

from collections.abc import Mapping, Sequence

from course.panel import Observed

# What a finding holds that names what was wrong with the release: a rule, or a module.
FAULTS = {
    "bad": "dispatch.py",
    "edge": "boundary.py",
    "orphan": "dispatch.py",
    "noisy": "TRY400",
}


def seen(found: Mapping[str, Sequence[str]]) -> Observed:
    """In how many of the releases one of ruff's findings names the fault."""
    named = [
        release
        for release, fault in FAULTS.items()
        if any(fault in finding for finding in found[release])
    ]
    says = "faults named by ruff"
    says += f": the one in {' and '.join(named)}." if named else "."
    return Observed("abccd"[len(named)], f"{len(named)} of {len(FAULTS)}", says)
