"""The learner's suite, run against four correct releases and twelve faulty ones.

A fault is found by a test that fails on it and passes on all correct ones: a suite that
fails on everything finds nothing, and neither does one that fails by chance. The tests
run in the same orders on correct and on faulty releases, so an order tells nothing.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.planted import Planted, planted
from autograder.instruments.suites import SuiteRun, SuiteRunner

WANTED, HALF = 10, 6
# As in the file, reversed, and two shuffled ones that are the same for everybody.
ORDERS = (0, 1, 2, 3)


@dataclass
class Again:
    """A run on a correct release, the same again, and one in the order of the file."""

    what: str
    first: SuiteRun
    same: SuiteRun
    in_file_order: SuiteRun

    @property
    def by_chance(self) -> set[str]:
        """The tests that fail in one of the two runs that are the same."""
        if self.same.stopped:
            return set()
        return set(self.first.failed) ^ set(self.same.failed)

    @property
    def by_order(self) -> set[str]:
        """The tests that fail, and pass in the order of the file."""
        return set(self.first.failed) & set(self.in_file_order.passed)


@dataclass
class Evidence:
    """How the suite fares: on each correct release, and on each faulty one."""

    suite: SuiteRunner
    releases: list[Planted]

    @cached_property
    def right(self) -> dict[str, SuiteRun]:
        right = [each for each in self.releases if not each.family]
        return self.suite.run(
            {each.symptom: each.release for each in right}, orders=ORDERS
        )

    @cached_property
    def again(self) -> Again | None:
        """The first failure on a correct release, once more; None without any."""
        right = [each for each in self.releases if not each.family]
        for order, each in zip(ORDERS, right, strict=True):
            run = self.right[each.symptom]
            if run.failed and not run.stopped:
                twice = self.suite.run(
                    {"as before": each.release, "as in the file": each.release},
                    orders=(order, 0),
                )
                return Again(each.symptom, run, *twice.values())
        return None

    @cached_property
    def faulty(self) -> list[tuple[Planted, SuiteRun]]:
        faulty = [each for each in self.releases if each.family]
        # The first sound test that fails has found the fault: the rest need not run.
        runs = self.suite.run(
            {each.release.name: each.release for each in faulty},
            telling=self.sound,
            orders=ORDERS,
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
def evidence(suite: SuiteRunner, seeded: random.Random) -> Evidence:
    path = Path(__file__).with_name("releases.toml")
    return Evidence(suite, planted(path, seeded))


def short(test: str) -> str:
    return test.partition("::")[2] or test


def few(tests: Iterable[str]) -> str:
    return ", ".join(short(test)[:80] for test in sorted(tests)[:3])


@check("The suite passes on four correct releases, each built another way", points=3)
def test_right_releases_pass(evidence: Evidence) -> None:
    refuse_chance(evidence)
    for what, run in evidence.right.items():
        if run.accepts:
            continue
        if not run.failed:
            raise Unmet(
                sent=f"a correct release: {what}.",
                saw=f"tests that passed: {len(run.passed)}; {run.stopped}."
                if run.stopped
                else "no test passed, and none failed.",
                expected="every test to pass, in 25 seconds.",
                look=""
                if run.stopped
                else "whether pytest finds tests in it, and skips none.",
            )
        again = evidence.again
        if again and again.what == what and again.by_order:
            raise Unmet(
                sent=f"a correct release: {what}; the tests in another order than in"
                " the file.",
                saw=f"fails: {few(again.by_order)}. In the order of the file that"
                " passes.",
                expected="every test to pass in any order.",
                look="what that test needs from the tests that have run before it.",
            )
        raise Unmet(
            sent=f"a correct release: {what}.",
            saw=f"fails: {few(run.failed)}{'; ' * bool(run.stopped)}{run.stopped}.",
            expected="every test to pass, in 25 seconds.",
            look="what that test asserts, and whether the table promises it.",
        )


def refuse_chance(evidence: Evidence) -> None:
    """Raise Unmet if tests fail in one of two runs on the same release."""
    if evidence.again and (tests := evidence.again.by_chance):
        raise Unmet(
            sent=f"a correct release, twice in the same order: {evidence.again.what}.",
            saw=f"fails in one run and not in the other: {few(tests)}.",
            expected="the same each time: what fails by chance finds nothing.",
            look="what in that test differs from run to run.",
            # A time-out of the suite's own may have made the difference.
            margin_s=0.6,
        )


def require_sound_tests(evidence: Evidence) -> None:
    """Raise Unmet if no test passes on all correct releases, or some by chance."""
    refuse_chance(evidence)
    if evidence.sound:
        return
    stopped = next((r.stopped for r in evidence.right.values() if r.stopped), "")
    raise Unmet(
        sent="four correct releases.",
        saw=f"no test passes on all of them{'; ' * bool(stopped)}{stopped}.",
        expected="tests that do: only those can find a fault.",
    )


def require_found(evidence: Evidence, wanted: int) -> None:
    """Raise Unmet unless the suite finds that many faults."""
    require_sound_tests(evidence)
    if evidence.found >= wanted:
        return
    unsound = {t for r in evidence.right.values() for t in r.failed}
    symptoms = "; ".join(fault.symptom for fault in evidence.survivors[:4])
    raise Unmet(
        sent=f"{len(evidence.faulty)} releases, each with one fault.",
        saw=f"{evidence.found} found. Among those that pass unnoticed: {symptoms}."
        + (
            f" (Tests that fail on correct releases, and so find nothing:"
            f" {len(unsound)}.)"
            if unsound
            else ""
        ),
        expected=f"{wanted} found.",
        look="the row of the table that covers it, and what a test would have to"
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
    require_sound_tests(evidence)
    lost = {fault.family for fault in evidence.survivors}
    for family in dict.fromkeys(fault.family for fault, _ in evidence.faulty):
        of_it = [fault for fault, _ in evidence.faulty if fault.family == family]
        if family in lost and all(fault in evidence.survivors for fault in of_it):
            raise Unmet(
                sent=f"{len(of_it)} releases whose fault is about {ABOUT[family]}.",
                saw="none of them was found.",
                expected="at least one of them.",
                look=f"what your tests know about {ABOUT[family]}.",
            )


ABOUT = {
    "the malformed": "what happens to malformed requests",
    "ours": "what happens to faults of the service's own",
    "the log": "what is logged",
    "the answer": "what an error's answer carries, and what it must not",
    "the valid": "valid requests of every spelling",
}
