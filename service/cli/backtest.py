"""`whittle backtest`: what a proposal made of the first part of a trail would have denied in the rest."""

from __future__ import annotations

from argparse import Namespace

from service.cli.backtest_text import backtest_lines, denied_lines
from service.cli.files import emit
from service.cli.question import Question, answered
from service.core.backtest import BackTest, Split, folds_of, split_by_days, split_by_default
from service.core.backtest_json import backtest_json
from service.core.days import Window, resolve
from service.core.errors import InputError
from service.core.json_bytes import to_bytes
from service.usecases.backtest import BackTester, days_covered
from service.usecases.making import Wanted
from service.usecases.propose import as_asked
from service.usecases.reading import Reading, of_query

LEARN_DAYS = 60
"""How many days are learned from where only the days to try are given."""


def backtest(arguments: Namespace) -> int:
    """Read, make, try, print."""

    def make(question: Question, reading: Reading) -> BackTest:
        principal, activity = of_query(reading, question.query)
        window = resolve(question.asked, reading.spans.covered(Window())[1])
        splits = _splits(arguments, days_covered(reading, window))
        wanted = Wanted(as_asked(principal, question.query), window, question.beside)
        test = BackTester(question.proposer.maker).of(reading, activity, wanted, splits)
        if not test.recall_events.of:
            raise InputError(
                "there is nothing to test: the principal needs permissions for calls in both parts of the window; "
                "give other --train and --test days, or a longer trail"
            )
        return test

    found = answered(arguments, make)
    emit(to_bytes(backtest_json(found)) if arguments.format == "json" else _text(found))
    return 0


def _splits(arguments: Namespace, days: list[str]) -> list[Split]:
    if arguments.folds is not None:
        if arguments.train is not None or arguments.test is not None:
            raise InputError("give either --folds, or --train and --test: folds are parts of the whole window")
        if not 2 <= arguments.folds <= len(days):
            raise InputError(f"--folds {arguments.folds}: give 2 up to the {len(days)} days that the trail covers")
        return list(folds_of(days, arguments.folds))
    if arguments.test is not None or arguments.train is not None:
        test = arguments.test or max(1, len(days) - arguments.train)
        split = split_by_days(days, arguments.train or LEARN_DAYS, test)
        if split is None:
            raise InputError(f"--test {test}d leaves no day to learn from: the trail covers {len(days)} days there")
        return [split]
    split = split_by_default(days)
    if split is None:
        raise InputError(
            f"the trail covers {len(days)} days there, too few to be split by themselves: give --train and --test"
        )
    return [split]


def _text(test: BackTest) -> str:
    return "\n".join([*backtest_lines(test), *denied_lines(test)]) + "\n"
