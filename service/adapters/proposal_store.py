"""Stored proposals: one JSON file each in a folder, or in memory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from service.core.shown import shown
from service.usecases.proposals import PROPOSAL_ID, StoredProposal, StoreUnusable, UnreadableProposal


class ProposalFiles:
    """Proposals as `<id>.json` in a folder, which is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, proposal: StoredProposal) -> None:
        """Write the file whole or not at all, and have it on the disk before anybody is told of it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _replace(self._folder / f"{proposal.id}.json", proposal.body)
        except OSError as error:
            raise self._unusable(error) from error

    def get(self, proposal_id: str) -> StoredProposal | None:
        """Read it and check its digest; None for whatever is not an id, before any path is made of it."""
        if PROPOSAL_ID.fullmatch(proposal_id) is None:
            return None
        path = self._folder / f"{proposal_id}.json"
        try:
            found = StoredProposal.parse(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UnreadableProposal(f"`{shown(str(path))}` cannot be read ({error.strerror})") from error
        except UnreadableProposal as error:
            raise _damaged(path, str(error)) from error
        if found.id != proposal_id:
            raise _damaged(path, f"it holds `{found.id}`")
        return found

    def check(self) -> None:
        """Whether the folder is there, or can be made, and takes files."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder):
                pass
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> StoreUnusable:
        return StoreUnusable(
            f"the data directory `{shown(str(self._folder))}` cannot be written to ({error.strerror}): "
            "give one that the service may write to"
        )


class ProposalMemory:
    """Proposals in memory, gone with the process."""

    def __init__(self) -> None:
        self._bodies: dict[str, bytes] = {}

    def put(self, proposal: StoredProposal) -> None:
        """Keep it."""
        self._bodies[proposal.id] = proposal.body

    def get(self, proposal_id: str) -> StoredProposal | None:
        """The proposal of that id, or None."""
        body = self._bodies.get(proposal_id)
        return None if body is None else StoredProposal.parse(body)

    def check(self) -> None:
        """Memory always takes one more."""


def _replace(path: Path, body: bytes) -> None:
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except OSError:
        Path(unfinished).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """A new name lasts only once its folder is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged(path: Path, why: str) -> UnreadableProposal:
    return UnreadableProposal(f"`{shown(str(path))}` is damaged ({why}): delete it and ask for the proposal again")
