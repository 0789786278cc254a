"""The house rules that a machine can check."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

TOOLS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
}

# conda-forge's names for what PyPI calls otherwise.
CONDA_NAMES = {
    "prometheus-client": "prometheus_client",
    "matplotlib": "matplotlib-base",
    "playwright": "playwright-python",
}


@pytest.mark.parametrize("tool", TOOLS)
def test_the_code_passes(tool: str, project: Path, tmp_path: Path) -> None:
    """Lint, format, types."""
    cache = {"mypy": ["--cache-dir", str(tmp_path)]}.get(tool, ["--no-cache"])
    done = subprocess.run(
        [sys.executable, "-m", *TOOLS[tool], *cache],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_doors_open_downwards_only(project: Path) -> None:
    """The import contract of pyproject.toml."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def direct_dependencies(project: Path) -> list[Requirement]:
    """What pyproject.toml asks for, tests included."""
    data = tomllib.loads((project / "pyproject.toml").read_text())
    asked = [*data["project"]["dependencies"], *data["dependency-groups"]["test"]]
    return [Requirement(text) for text in asked]


def locked_versions(project: Path) -> dict[str, Version]:
    """What requirements.lock pins."""
    text = (project / "requirements.lock").read_text()
    return {
        name: Version(version)
        for name, version in re.findall(
            r"^([a-z0-9.-]+)==([^ ;\\]+)", text, re.MULTILINE
        )
    }


def test_the_lock_pins_every_direct_dependency_with_hashes(project: Path) -> None:
    """Within the bounds asked for, and with no address of any registry."""
    locked = locked_versions(project)
    for wanted in direct_dependencies(project):
        assert locked[wanted.name] in wanted.specifier, wanted
    text = (project / "requirements.lock").read_text()
    assert text.count("--hash=sha256:") > len(locked)
    assert "://" not in text


def test_environment_yml_names_every_direct_dependency(project: Path) -> None:
    """With bounds that allow what the lock pins, from conda-forge or else by pip."""
    data = yaml.safe_load((project / "environment.yml").read_text())
    assert data["channels"] == ["conda-forge"]
    conda = dict(
        entry.split(" ", 1) for entry in data["dependencies"]
        if isinstance(entry, str) and " " in entry
    )  # fmt: skip
    [by_pip] = [e["pip"] for e in data["dependencies"] if isinstance(e, dict)]
    locked = locked_versions(project)
    for wanted in direct_dependencies(project):
        if str(wanted) in by_pip:
            continue
        spec = conda[CONDA_NAMES.get(wanted.name, wanted.name)]
        assert SpecifierSet(spec) == wanted.specifier, wanted
        assert locked[wanted.name] in SpecifierSet(spec)
    python = SpecifierSet(conda["python"])
    assert all(version in python for version in ("3.11.7", "3.12.1", "3.13.0"))


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


def test_what_is_generated_matches_its_source(project: Path) -> None:
    """`outage build --check` finds no difference."""
    done = subprocess.run(
        [sys.executable, "-m", "course.cli", "build", "--check"],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
