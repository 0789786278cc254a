"""An index of packages on this disk: what pip and uv fetch when a test sets up."""

import base64
import hashlib
import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Index:
    """A folder that pip and uv take for an index of packages."""

    folder: Path
    pins: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """As `index-url` names it."""
        return (self.folder / "simple").as_uri()

    def add(self, name: str, version: str, files: dict[str, bytes]) -> None:
        """Make a wheel of `files` and pin it."""
        wheel = self.folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        info = f"{name.replace('-', '_')}-{version}.dist-info"
        files = {
            **files,
            f"{info}/METADATA": (
                f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
            ),
            f"{info}/WHEEL": (
                b"Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\n"
                b"Tag: py3-none-any\n"
            ),
        }
        files[f"{info}/RECORD"] = "".join(
            f"{path},sha256={digest(text)},{len(text)}\n"
            for path, text in files.items()
        ).encode()
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in files.items():
                entry = zipfile.ZipInfo(path)
                entry.external_attr = (stat.S_IFREG | 0o755) << 16  # uv is a program
                archive.writestr(entry, text)
        page = self.folder / "simple" / name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f'<a href="{wheel.as_uri()}">{wheel.name}</a>')
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        self.pins[name] = f"{name}=={version} \\\n    --hash=sha256:{found}\n"

    def lock(self, *names: str) -> str:
        """What a lock of these packages holds."""
        return "".join(self.pins[name] for name in names)


def digest(text: bytes) -> str:
    """Return the hash of a file as a wheel's RECORD writes it."""
    return base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
