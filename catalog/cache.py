"""Refreshed catalogs in a cache directory: generations of files with their digests, and which one is in force.

    current                       the folder in force and the sha256 of its manifest
    generation-<unique>/manifest.json, operations.tsv, services/<prefix>.json

A generation is written whole before `current` names it, and never changed after. Every byte that is read is checked:
the manifest against `current`, each file against the manifest.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FORMAT = 1
OPERATIONS = "operations.tsv"
_MANIFEST = "manifest.json"
_CURRENT = "current"
_OLD_GENERATIONS = 4
"""How many are kept besides the one in force: programs that still run read theirs piece by piece."""
_YOUNG = 24 * 60 * 60.0
"""Seconds. What is younger may be another refresh at work."""


class DamagedCache(Exception):
    """The cache does not hold what was written to it; the message says where."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what a server tells that a file has changed: the list's stamp, and the answer's two headers."""

    modified: str = ""
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is. `bundle` is the digest of the bundled copy that it was refreshed over."""

    version: str
    source: str
    date: str
    bundle: str
    files: Mapping[str, str] = field(default_factory=dict)
    """The sha256 of each file, by name."""
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    """By service."""


@dataclass(frozen=True, slots=True)
class Current:
    """Which generation: its folder, and the sha256 that its manifest must have. Travels to other processes."""

    folder: Path
    manifest: str


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation whose manifest has been checked."""

    place: Current
    manifest: Manifest

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.place.folder

    def prefixes(self) -> tuple[str, ...]:
        """Every service prefix, sorted."""
        names = (re.fullmatch(r"services/(.+)\.json", name) for name in self.manifest.files)
        return tuple(sorted(name[1] for name in names if name))

    def read(self, name: str) -> str:
        """The text of a file.

        Raises:
            DamagedCache: it is not what was written.
        """
        content = _content(self.folder / name)
        if hashlib.sha256(content).hexdigest() != self.manifest.files.get(name):
            raise DamagedCache(f"`{self.folder / name}` is not what was written there")
        return content.decode("utf-8")

    def check(self) -> None:
        """Read every file.

        Raises:
            DamagedCache: one is not what was written.
        """
        for name in self.manifest.files:
            self.read(name)


def default_directory(environment: Mapping[str, str]) -> Path | None:
    """Where the cache is if nothing else is said; None where the user has no home.

    "All paths set in these environment variables must be absolute. If ... relative ... consider the path invalid".
    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    if given := environment.get("WHITTLE_CATALOG_DIR"):
        return Path(given)
    base = Path(environment.get("XDG_CACHE_HOME", ""))
    try:
        root = base if base.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return root / "whittle" / "catalog"


def service_file(prefix: str) -> str:
    """The name of a service's file in a generation."""
    return f"services/{prefix}.json"


def current(cache: Path) -> Current | None:
    """Which generation is in force, or None where the directory holds none.

    Raises:
        DamagedCache: the pointer cannot be read.
    """
    try:
        text = (cache / _CURRENT).read_text("ascii")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedCache(f"`{cache / _CURRENT}` cannot be read") from error
    found = re.fullmatch(r"(generation-\w+) ([0-9a-f]{64})\n", text)
    if found is None:
        raise DamagedCache(f"`{cache / _CURRENT}` is not what was written there")
    return Current(cache / found[1], found[2])


def open_generation(place: Current) -> Generation:
    """The generation, its manifest checked; the files are when they are read.

    Raises:
        DamagedCache: the manifest is not what was written.
    """
    content = _content(place.folder / _MANIFEST)
    if hashlib.sha256(content).hexdigest() != place.manifest:
        raise DamagedCache(f"`{place.folder / _MANIFEST}` is not what was written there")
    data = json.loads(content)
    if data.pop("format") != FORMAT:
        raise DamagedCache(f"`{place.folder / _MANIFEST}` was written by another release of whittle")
    stamps = {service: Stamp(*each) for service, each in data.pop("stamps").items()}
    return Generation(place, Manifest(**data, stamps=stamps))


def write_generation(cache: Path, manifest: Manifest, files: Mapping[str, str]) -> Generation:
    """Write a generation and put it in force, then remove what is too old to be in use. `manifest.files` is made here.

    Nothing that is in force is touched before the last step, so whatever interrupts this leaves the old catalog. Two
    writers do not meet: each has a folder of its own, and the pointer is the one's or the other's. Files are not forced
    to the disk, of which there are hundreds: one that a power cut tears is found by its digest.
    """
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix="generation-", dir=cache))
    (folder / "services").mkdir()
    for name, text in files.items():
        _write(folder / name, text.encode())
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())}
    whole = Manifest(manifest.version, manifest.source, manifest.date, manifest.bundle, digests, manifest.stamps)
    content = _rendered(whole)
    _write(folder / _MANIFEST, content)
    place = Current(folder, hashlib.sha256(content).hexdigest())
    _point(cache, f"{folder.name} {place.manifest}\n")
    _prune(cache, folder)
    return Generation(place, whole)


def digest_of(files: Mapping[str, str]) -> str:
    """One sha256 for many files, by their names and digests."""
    found = hashlib.sha256()
    for name in sorted(files):
        found.update(f"{name}\0{files[name]}\n".encode())
    return found.hexdigest()


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DamagedCache(f"`{file}` cannot be read") from error


def _rendered(manifest: Manifest) -> bytes:
    data = {
        "format": FORMAT,
        "version": manifest.version,
        "source": manifest.source,
        "date": manifest.date,
        "bundle": manifest.bundle,
        "files": dict(manifest.files),
        "stamps": {name: [each.modified, each.etag, each.last_modified] for name, each in manifest.stamps.items()},
    }
    return json.dumps(data, indent=0, sort_keys=True).encode() + b"\n"


def _write(file: Path, content: bytes) -> None:
    with file.open("xb") as out:
        out.write(content)


def _point(cache: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("wb", dir=cache, prefix=".current-", delete=False) as file:
        file.write(text.encode("ascii"))
    Path(file.name).replace(cache / _CURRENT)


def _prune(cache: Path, in_force: Path) -> None:
    """Remove old generations and what interrupted refreshes left. What cannot be removed stays: it harms nobody."""
    old_enough = time.time() - _YOUNG
    others = sorted((each for each in _entries(cache, "generation-*") if each[1] != in_force), reverse=True)
    for age, folder in others[_OLD_GENERATIONS:]:
        if age < old_enough:
            shutil.rmtree(folder, ignore_errors=True)
    for age, file in _entries(cache, ".current-*"):
        if age < old_enough:
            file.unlink(missing_ok=True)


def _entries(cache: Path, pattern: str) -> Iterator[tuple[float, Path]]:
    """When each was changed, and where it is."""
    for path in cache.glob(pattern):
        try:
            yield path.stat().st_mtime, path
        except FileNotFoundError:
            continue  # another refresh removed it
