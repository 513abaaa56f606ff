from collections.abc import Callable, Sequence
from typing import Any

_Decision = tuple[int, int, int, bytes] | None
_Who = Callable[[bytes], _Decision]
_What = Callable[[int, str, str, str, str, str, str, str], _Decision]
_Where = Callable[[int, str, str, str, bool], _Decision]
_Pairs = tuple[tuple[str, str], ...]

INTERFACE: int

class Core:
    def __init__(self, who: _Who, what: _What, where: _Where, /) -> None: ...
    @property
    def held(self) -> int: ...
    @property
    def row_count(self) -> int: ...
    def names(self, names: Sequence[str], /) -> int: ...
    def scan(self, data: bytes, begin: int, end: int, /) -> tuple[int, list[tuple[int, bytes]]] | None: ...
    def note(
        self,
        principal: int,
        common: int,
        context: int,
        denied: bytes,
        parameters: _Pairs,
        response: _Pairs,
        resources: _Pairs,
        shared_id: str,
        time: str,
        event_id: str,
        /,
    ) -> None: ...
    def span(self, time: str, /) -> None: ...
    def families(self) -> list[tuple[int, int]]: ...
    def shapes(self) -> list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]: ...
    def principals(self) -> list[int]: ...
    def spans(self) -> list[tuple[int, int, int]]: ...
    def rank(
        self,
        family_ranks: bytes,
        families: tuple[bytes, ...],
        context_ranks: bytes,
        contexts: tuple[bytes, ...],
        limits: tuple[int, int, int, int, int],
        /,
    ) -> None: ...
    def columns(self, principal: int, /) -> tuple[Any, ...] | None: ...
    def rows(self, principal: int, /) -> list[tuple[int, int, tuple[str, ...], str, list[tuple[int, str, str]]]]: ...
    def clear(self) -> None: ...
