"""Back-tests of what Whittle would have proposed: made of the first part of a trail, put to the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from catalog.model import AccessLevel
from service.core.actions import Mapped
from service.core.activity.activity import Activity
from service.core.backtest import BackTest, Later, Learnt, Split, Trial, split_by_default, tried
from service.core.beside import Beside
from service.core.current import layer_of
from service.core.days import Window
from service.usecases.making import Maker, Wanted
from service.usecases.reading import Reading


def days_covered(reading: Reading, window: Window) -> list[str]:
    """Every day from the first to the last event of the trail inside the window, whoever made it."""
    first, last = reading.spans.covered(window)
    if not first:
        return []
    start, end = date.fromisoformat(first[:10]), date.fromisoformat(last[:10])
    return [(start + timedelta(days=number)).isoformat() for number in range((end - start).days + 1)]


def _without_hindsight(beside: Beside) -> Beside:
    """Without the other witness: it tells the last access only, which may be of the days that are tried."""
    return replace(beside, witnesses=replace(beside.witnesses, last_accessed=None))


@dataclass(frozen=True, slots=True)
class BackTester:
    """Tests what one maker makes."""

    maker: Maker

    def by_default(
        self, reading: Reading, activity: Activity, wanted: Wanted, mapped: Mapped | None = None
    ) -> BackTest | None:
        """The test that every proposal has whose window is long enough; None where it is not, or one part is empty."""
        split = split_by_default(days_covered(reading, wanted.window))
        if split is None or not activity.used(split.train).usage:
            return None
        found = self.of(reading, activity, wanted, [split], mapped)
        return found if found.trials and found.recall_events.of else None

    def of(
        self,
        reading: Reading,
        activity: Activity,
        wanted: Wanted,
        splits: Iterable[Split],
        mapped: Mapped | None = None,
    ) -> BackTest:
        """A trial for each split; where the principal did nothing to learn from, all that it did later is denied."""
        mapped = {} if mapped is None else mapped
        trials = (self._trial(reading, activity, wanted, split, mapped) for split in splits)
        return BackTest(tuple(trials))

    def _level_of(self, action: str) -> AccessLevel:
        """That of an action which the catalog does not know is not known: the worst."""
        definition = self.maker.catalog.action(action)
        return AccessLevel.PERMISSIONS_MANAGEMENT if definition is None else definition.access_level

    def _trial(self, reading: Reading, activity: Activity, wanted: Wanted, split: Split, mapped: Mapped) -> Trial:
        known = replace(wanted, window=split.train, until=split.train.last, beside=_without_hindsight(wanted.beside))
        made = self.maker.made(reading, activity, known, mapped)
        later = self.maker.found(reading, activity, replace(wanted, window=split.test), mapped)
        by_day = activity.by_day(split.test)
        layer = layer_of((each.name, each.policy) for each in made.synthesis.policies)
        ordered = {call: by_day[call] for call in later.used.usage}
        return tried(
            wanted.principal,
            Learnt(layer, made.findings, split.train),
            Later(later.findings, ordered, split.test, self.maker.mapper.shown, self._level_of),
        )
