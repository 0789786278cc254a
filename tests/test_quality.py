"""The house rules that a machine can check."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

TOOLS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
}

# conda-forge's names for what PyPI calls otherwise.
CONDA_NAMES = {
    "prometheus-client": "prometheus_client",
}

# Ruff's D401 asks for a verb, but passes words it does not know, and properties.
NO_VERB = re.compile(
    r"(a|all|an|any|as|both|by|each|every|for|how|if|in|its?|nothing|of|one|that|the|"
    r"their|these|this|those|two|what|when|where|whether|which|who|whose|why|\W)\b",
    re.IGNORECASE,
)

LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-uv.lock")


@pytest.mark.process
@pytest.mark.parametrize("tool", TOOLS)
def test_the_code_passes(tool: str, project: Path, tmp_path: Path) -> None:
    """Lint, format, types."""
    cache = {"mypy": ["--cache-dir", str(tmp_path)]}.get(tool, ["--no-cache"])
    done = subprocess.run(
        [sys.executable, "-m", *TOOLS[tool], *cache],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_docstring_of_a_function_begins_with_a_verb(project: Path) -> None:
    """In every file for which pyproject.toml does not ignore D401."""
    config = tomllib.loads((project / "pyproject.toml").read_text())
    ignores = config["tool"]["ruff"]["lint"]["per-file-ignores"]
    excused = [pattern for pattern, rules in ignores.items() if "D401" in rules]
    for file in [*project.glob("autograder/**/*.py"), *project.glob("course/**/*.py")]:
        if any(fnmatch(str(file.relative_to(project)), e) for e in excused):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node) or ""
                assert not NO_VERB.match(text), f"{file}:{node.lineno}: {text}"


@pytest.mark.process
def test_doors_open_downwards_only(project: Path) -> None:
    """The import contract of pyproject.toml."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def dependencies(project: Path, *groups: str) -> list[Requirement]:
    """Return what pyproject.toml asks for: of learners, and of these groups."""
    data = tomllib.loads((project / "pyproject.toml").read_text())
    asked = list(data["project"]["dependencies"])
    for group in groups:
        asked += data["dependency-groups"][group]
    return [Requirement(text) for text in asked]


def pins(lock: Path) -> dict[str, str]:
    """Return what a lock says of each package: version, markers, and hashes."""
    blocks = re.split(r"\n(?=\S)", lock.read_text().rstrip())
    named = [block.partition("==") for block in blocks if not block.startswith("#")]
    return {name: rest.split("\n    #")[0] for name, _, rest in named}


def locked_versions(project: Path, lock: str = "requirements.lock") -> dict[str, str]:
    """Return the version that a lock pins of each package; the last, of several."""
    return {name: pin.split()[0] for name, pin in pins(project / lock).items()}


@pytest.mark.parametrize(
    ("lock", "groups"),
    [
        ("requirements.lock", ["editable"]),
        ("requirements-test.lock", ["editable", "test"]),
    ],
)
def test_a_lock_pins_every_direct_dependency(
    lock: str, groups: list[str], project: Path
) -> None:
    """Within the bounds asked for."""
    locked = locked_versions(project, lock)
    for wanted in dependencies(project, *groups):
        assert locked[wanted.name] in wanted.specifier, wanted


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_hashes_and_no_address(lock: str, project: Path) -> None:
    """Of every package, and of no registry."""
    for name, pin in pins(project / lock).items():
        assert "--hash=sha256:" in pin, name
    text = (project / lock).read_text()
    assert not re.search(r"://| @ |--(extra-)?index|--find-links \S", text)


def test_the_tools_of_the_tests_come_on_top_of_what_learners_have(
    project: Path,
) -> None:
    """Compare both locks: `./outage test` adds packages, and changes none.

    For some platforms there may be fewer.
    """
    learners, tests = (
        {name: re.sub(r" ;.*?(?= \\)", "", pin) for name, pin in pins(lock).items()}
        for lock in (project / "requirements.lock", project / "requirements-test.lock")
    )
    assert learners.items() < tests.items()
    tools = {wanted.name for wanted in dependencies(project, "test")}
    assert {"playwright", "mypy", "jupyterhub"} <= tools - learners.keys()


def test_what_learners_run_imports_nothing_that_tests_alone_have(
    project: Path,
) -> None:
    """Look up each import: it is standard, locked for learners, or of an extra."""
    data = tomllib.loads((project / "pyproject.toml").read_text())
    extras = chain.from_iterable(data["project"]["optional-dependencies"].values())
    known = locked_versions(project).keys() | {Requirement(e).name for e in extras}
    brought_by = importlib.metadata.packages_distributions()
    files = [*project.glob("course/**/*.py"), *project.glob("autograder/**/*.py")]
    # Some known answers cannot be parsed.
    for file in (path for path in files if "known_answers" not in path.parts):
        for module in imported(file) & brought_by.keys() - {"course", "autograder"}:
            names = {canonicalize_name(name) for name in brought_by[module]}
            assert names & known, f"{file}: {module}"


def imported(file: Path) -> set[str]:
    """Return the outermost names of the modules that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_environment_yml_names_every_dependency_of_learners(project: Path) -> None:
    """With bounds that allow what the lock pins, all of them from conda-forge."""
    data = yaml.safe_load((project / "environment.yml").read_text())
    assert data["channels"] == ["conda-forge"]
    conda = dict(
        entry.split(" ", 1)
        for entry in data["dependencies"]
        if isinstance(entry, str) and " " in entry
    )
    locked = locked_versions(project)
    for wanted in dependencies(project):
        spec = conda[CONDA_NAMES.get(wanted.name, wanted.name)]
        assert SpecifierSet(spec) == wanted.specifier, wanted
        assert locked[wanted.name] in SpecifierSet(spec)
    python = SpecifierSet(conda["python"])
    assert all(version in python for version in ("3.11.7", "3.12.1", "3.13.0"))


@pytest.mark.process
def test_no_file_is_large_and_no_notebook_has_outputs(project: Path) -> None:
    """What git tracks stays small and free of what runs have left."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        path = project / name
        assert path.stat().st_size < 2_000_000, name
        if path.suffix == ".ipynb":
            assert '"output_type"' not in path.read_text(), name


@pytest.mark.process
def test_what_is_generated_matches_its_source(project: Path) -> None:
    """`outage build --check` finds no difference."""
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "build", "--check"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
