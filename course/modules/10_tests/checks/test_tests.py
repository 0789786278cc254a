"""The learner's suite, run against four correct releases and twelve faulty ones.

A fault is found by a test that fails on it and passes on all correct ones: a suite that
fails on everything finds nothing.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.planted import Planted, planted
from autograder.instruments.suites import SuiteRun, SuiteRunner

WANTED, HALF = 10, 6


@dataclass
class Evidence:
    """How the suite fares: on each correct release, and on each faulty one."""

    suite: SuiteRunner
    releases: list[Planted]

    @cached_property
    def right(self) -> dict[str, SuiteRun]:
        right = [each for each in self.releases if not each.family]
        return self.suite.run({each.symptom: each.release for each in right})

    @cached_property
    def faulty(self) -> list[tuple[Planted, SuiteRun]]:
        faulty = [each for each in self.releases if each.family]
        # The first sound test that fails has found the fault: the rest need not run.
        runs = self.suite.run(
            {each.release.name: each.release for each in faulty}, telling=self.sound
        )
        return [(each, runs[each.release.name]) for each in faulty]

    @property
    def sound(self) -> set[str]:
        """The tests that pass on every correct release."""
        return set.intersection(*(set(run.passed) for run in self.right.values()))

    def finds(self, run: SuiteRun) -> bool:
        return bool(self.sound & set(run.failed))

    @property
    def survivors(self) -> list[Planted]:
        return [fault for fault, run in self.faulty if not self.finds(run)]

    @property
    def found(self) -> int:
        return len(self.faulty) - len(self.survivors)


@pytest.fixture(scope="module")
def evidence(suite: SuiteRunner) -> Evidence:
    return Evidence(suite, planted(Path(__file__).with_name("releases.toml")))


def short(test: str) -> str:
    return test.partition("::")[2] or test


@check("The suite passes on four correct releases, each built another way", points=3)
def test_right_releases_pass(evidence: Evidence) -> None:
    for what, run in evidence.right.items():
        if run.accepts:
            continue
        failing = ", ".join(map(short, run.failed[:3])) or run.stopped
        saw = (
            f"a test fails: {failing}."
            if run.failed
            else f"{len(run.passed)} tests passed; {run.stopped or 'that is all'}."
        )
        raise Unmet(
            sent=f"a correct release: {what}.",
            saw=saw,
            expected="every test to pass, in 25 seconds.",
            look="what that test asserts, and whether the table promises it."
            if run.failed
            else "what your suite waits for, and whether pytest finds tests in it.",
        )


def require_found(evidence: Evidence, wanted: int) -> None:
    """Raise Unmet unless the suite finds that many faults."""
    if evidence.found >= wanted:
        return
    unsound = {t for r in evidence.right.values() for t in r.failed}
    symptoms = "; ".join(fault.symptom for fault in evidence.survivors[:4])
    raise Unmet(
        sent=f"{len(evidence.faulty)} releases, each with one fault.",
        saw=f"{evidence.found} found. Among those that pass unnoticed: {symptoms}."
        + (
            f" ({len(unsound)} tests fail on correct releases, and so find nothing.)"
            if unsound
            else ""
        ),
        expected=f"{wanted} found.",
        look="the row of the table that speaks of it, and what a test would have to"
        " look at besides the status.",
    )


@check("It finds at least six of twelve faults", points=2)
def test_half_of_the_faults_are_found(evidence: Evidence) -> None:
    require_found(evidence, HALF)


@check("It finds at least ten of twelve faults", points=3)
def test_ten_of_twelve_faults_are_found(evidence: Evidence) -> None:
    require_found(evidence, WANTED)


@check("It finds a fault of every kind", points=2)
def test_every_kind_of_fault_is_found(evidence: Evidence) -> None:
    lost = {fault.family for fault in evidence.survivors}
    for family in dict.fromkeys(fault.family for fault, _ in evidence.faulty):
        of_it = [fault for fault, _ in evidence.faulty if fault.family == family]
        if family in lost and all(fault in evidence.survivors for fault in of_it):
            raise Unmet(
                sent=f"{len(of_it)} releases whose fault is about {ABOUT[family]}.",
                saw="none of them was found.",
                expected="one of them at least.",
                look=f"what your tests know about {ABOUT[family]}.",
            )


ABOUT = {
    "the malformed": "what becomes of malformed requests",
    "ours": "what becomes of faults of the service's own",
    "the log": "what is logged",
    "the answer": "what an error's answer carries, and must not",
    "the valid": "valid requests of every spelling",
}
