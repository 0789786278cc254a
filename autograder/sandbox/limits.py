"""Limits on how much of the machine confined code may use."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on each process, but for the last five, which are on the whole sandbox.

    `cpu_s` is on both. The service takes about 70 MB of memory, 5 threads and 0.7 s of
    CPU to start. An address space is far larger than the memory that a process uses.
    """

    cpu_s: int = 60
    address_space_mb: int = 1024
    file_mb: int = 32
    open_files: int = 256
    processes: int = 64  # threads count, too; each sandbox has a user of its own
    children: bool = True  # whether a sandboxed one may start others, or programs
    memory_mb: int = 768
    # The kernel keeps up to 200 kB for each socket, which no process is charged for.
    all_open_files: int = 1_500
    scratch_mb: int = 64
    scratch_files: int = 10_000  # a kilobyte of the kernel's memory each, empty or not
    # Longer than any exercise is judged: an earlier end would look like a death.
    wall_s: int = 300

    def to_json(self) -> dict[str, int]:
        """Return the limits as data for the programs that apply them."""
        return asdict(self)
