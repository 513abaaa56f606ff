"""Polite HTTP: few requests at a time, conditional, bounded in time and size, tried again, never redirected."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. `total` bounds one try from its first byte to its last, so that a slow drip ends, too."""

    at_once: int = 8
    tries: int = 4
    connect: float = 10.0
    read: float = 15.0
    total: float = 60.0
    size: int = 32 * 1024 * 1024
    pause: float = 0.5
    longest_pause: float = 30.0


class FetchFailed(Exception):
    """A file could not be had; the message is a sentence that names its address."""


@dataclass(frozen=True, slots=True)
class Body:
    """A file, and the two headers to ask with next time."""

    content: bytes
    etag: str
    last_modified: str


class _TryAgain(Exception):
    """A failure that may pass; `after` is the pause that the server asked for."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


class Fetcher:
    """Gets files over one client. `chance` gives numbers from 0 to 1, for pauses that do not beat in time."""

    def __init__(self, client: httpx.AsyncClient, limits: Limits, chance: Callable[[], float] = random.random) -> None:
        self._client = client
        self._limits = limits
        self._chance = chance
        self._turn = asyncio.Semaphore(limits.at_once)

    async def get(self, url: httpx.URL, etag: str = "", last_modified: str = "") -> Body | None:
        """The file, or None if it is still the one of these headers.

        Raises:
            FetchFailed: it could not be had.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        async with self._turn:
            for number in range(1, self._limits.tries + 1):
                try:
                    return await self._try(url, headers)
                except _TryAgain as failure:
                    if number == self._limits.tries:
                        raise FetchFailed(f"`{_shown(url)}` {failure}, {number} times in a row; try later") from failure
                    await asyncio.sleep(self._pause(number, failure.after))
        raise AssertionError("no try is the last one")

    async def _try(self, url: httpx.URL, headers: dict[str, str]) -> Body | None:
        limits = self._limits
        try:
            async with asyncio.timeout(limits.total), self._client.stream("GET", url, headers=headers) as response:
                return None if response.status_code == httpx.codes.NOT_MODIFIED else await self._body(response)
        except TimeoutError as error:
            raise _TryAgain(f"was not complete after {limits.total:g} seconds") from error
        except httpx.TimeoutException as error:
            raise _TryAgain("did not answer in time") from error
        except httpx.DecodingError as error:
            raise FetchFailed(f"`{_shown(url)}` has a compressed body that cannot be unpacked") from error
        except httpx.TransportError as error:
            raise _TryAgain(f"could not be read ({_reason(error)})") from error

    async def _body(self, response: httpx.Response) -> Body:
        _check_status(response)
        content = bytearray()
        async for part in response.aiter_bytes():
            content += part
            if len(content) > self._limits.size:
                raise FetchFailed(
                    f"`{_shown(response.url)}` is larger than {self._limits.size:,} bytes, so it is not read"
                )
        return Body(bytes(content), response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))

    def _pause(self, number: int, after: float) -> float:
        """Twice as long each time, by chance up to that; at least what the server asked for, within reason."""
        backoff = self._limits.pause * 2.0 ** (number - 1) * (0.5 + self._chance() / 2)
        return min(max(backoff, after), self._limits.longest_pause)


def client(limits: Limits) -> httpx.AsyncClient:
    """The client: no redirects, since they lead where nobody chose to go."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(limits.read, connect=limits.connect, pool=None),
        limits=httpx.Limits(max_connections=limits.at_once),
        headers={"User-Agent": _agent(), "Accept": "application/json"},
        follow_redirects=False,
    )


def _check_status(response: httpx.Response) -> None:
    status, place = response.status_code, _shown(response.url)
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise _TryAgain(f"answered {status}", _asked_pause(response.headers.get("Retry-After", "")))
    if response.is_redirect:
        raise FetchFailed(f"`{place}` redirects, which is not followed; give the address that it leads to as base URL")
    if status != httpx.codes.OK:
        raise FetchFailed(f"`{place}` answered {status}; check the base URL")


def _asked_pause(header: str) -> float:
    """The seconds of a `Retry-After` header: a number, or a date."""
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 0.0  # no header, or one that says nothing
    return max(0.0, math.ceil(seconds))


def _shown(url: httpx.URL) -> str:
    """The address without a user's password."""
    return str(url.copy_with(userinfo=b""))


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__


def _agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"whittle/{version('whittle-iam')}"
    except PackageNotFoundError:
        return "whittle"
