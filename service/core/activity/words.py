"""Words that are looked for in the names of calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from urllib.parse import unquote

from catalog.model import Operation
from service.core.usage import COLLAPSED

WordsOf = Callable[[Operation], Collection[str]]
"""Words that the names of an operation's calls are looked through for: none where the operation does not matter, and
the empty one where every call of it does.
"""


def holds_a_word(names: Iterable[str], words: Collection[str]) -> bool:
    """Whether one of the names has one of the words in it, as it is or percent-encoded, or stands for names that were
    too many.
    """
    together = _BETWEEN.join(names)
    read = f"{together}{_BETWEEN}{unquote(together)}" if "%" in together else together
    return COLLAPSED in together or any(word in read for word in words)


_BETWEEN = "\n"
"""No word has it, so none is found across two names."""
