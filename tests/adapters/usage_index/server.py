"""A PostgreSQL server for one session of tests, from the binaries of this machine: a socket in a folder, no network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PASSWORD = "s3cret/p@ss"  # noqa: S105  # of a server that lives as long as the tests; odd letters need %XX


class NoServer(Exception):
    """There can be no server here; the message says why."""


@dataclass(frozen=True)
class Server:
    """Where it listens."""

    folder: Path

    def place(self, schema: str = "", password: str = PASSWORD, database: str = "postgres", options: str = "") -> str:
        """The address of an index in a schema of its own."""
        wanted = f"-csearch_path={schema} {options}".strip() if schema else options
        query = f"host={quote(str(self.folder), safe='')}&options={quote(wanted)}"
        return f"postgresql://owner:{quote(password, safe='')}@/{database}?{query}"


@contextmanager
def running() -> Iterator[Server]:
    """A server, stopped and forgotten afterwards.

    Raises:
        NoServer: it is not installed, or nobody can run it.
    """
    binaries, owner = _binaries(), _owner()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    data = folder / "data"
    try:
        _prepare(folder, owner)
        authentication = ("--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--username=owner")
        _run(
            folder,
            owner,
            binaries / "initdb",
            "-D",
            data,
            "--no-locale",
            "--encoding=UTF8",
            "--no-sync",
            *authentication,
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=50"
        _run(folder, owner, binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield Server(folder)
        finally:
            _run(folder, owner, binaries / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    found = shutil.which("pg_ctl"), shutil.which("initdb")
    folders = [Path(each).resolve().parent for each in found if each]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in (*folders, *debian):
        if (folder / "pg_ctl").exists() and (folder / "initdb").exists():
            return folder
    raise NoServer("PostgreSQL is not installed here (no `pg_ctl` in PATH or /usr/lib/postgresql)")


def _owner() -> str | None:
    """Who runs it: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise NoServer("PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`")


def _prepare(folder: Path, owner: str | None) -> None:
    (folder / "password").write_text(PASSWORD)
    if owner is not None:
        for path in (folder / "password", folder):
            shutil.chown(path, owner)
    folder.chmod(0o755)


def _run(folder: Path, owner: str | None, *command: str | Path) -> None:
    as_owner = {} if owner is None else {"user": owner, "group": pwd.getpwnam(owner).pw_gid, "extra_groups": []}
    with (folder / "output").open("w+b") as output:  # a pipe would stay open as long as the server runs
        done = subprocess.run(command, cwd=folder, stdout=output, stderr=output, check=False, **as_owner)  # type: ignore[call-overload]  # the three belong together
        output.seek(0)
        if done.returncode != 0:
            raise NoServer(f"PostgreSQL cannot be run here: {output.read().decode(errors='replace').strip()[-300:]}")
