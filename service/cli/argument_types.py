"""What a flag takes: texts, paths, numbers, days; anything else is refused in a sentence."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from service.core.quotas import MOST_POLICIES_PER_PRINCIPAL

MOST_WORKERS = 64
HIGHEST_PORT = 65535


def given(text: str) -> str:
    """Empty is what a variable leaves that was never set: nobody means that."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty: give a value, or leave the flag out")
    return text


def path(text: str) -> Path:
    return Path(given(text))


def workers(text: str) -> int:
    if not 1 <= (number := whole_number(text)) <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"give 1 to {MOST_WORKERS}")
    return number


def policies(text: str) -> int:
    """A number of managed policies that a principal may have."""
    if (number := whole_number(text)) > MOST_POLICIES_PER_PRINCIPAL:
        raise argparse.ArgumentTypeError(f"give at most {MOST_POLICIES_PER_PRINCIPAL}: IAM allows no more")
    return number


def port(text: str) -> int:
    if (number := whole_number(text)) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"give 0 (any that is free) to {HIGHEST_PORT}")
    return number


def whole_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:  # nine digits are enough for any flag
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number")
    return int(text)


def days(text: str) -> int:
    """A number of days, like 60d or 60."""
    if not (number := whole_number(text.removesuffix("d"))):
        raise argparse.ArgumentTypeError("give at least one day, like 60d")
    return number


def seconds(text: str) -> float:
    """A second to a day, or a part of a second."""
    try:
        number = float(text) if text.isascii() else 0.0
    except ValueError:
        number = 0.0
    if not _SHORTEST <= number <= _LONGEST:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of seconds from {_SHORTEST} to {_LONGEST}")
    return number


_SHORTEST, _LONGEST = 0.1, 86_400


def day(text: str) -> date:
    """A day like 2026-08-01."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise argparse.ArgumentTypeError(f"`{text[:40]}` is not a day: write it like 2026-08-01")
    return found
