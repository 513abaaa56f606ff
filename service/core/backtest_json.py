"""A back-test and what is rare, as JSON."""

from __future__ import annotations

from service.core.backtest import BackTest, Denied, Ratio, Trial
from service.core.days import Window
from service.core.json_bytes import Json
from service.core.rarity import Rarity


def backtest_json(test: BackTest) -> Json:
    """All trials together, then each."""
    return {
        "recall": {"events": _ratio(test.recall_events), "permissions": _ratio(test.recall_permissions)},
        "precision": {"events": _ratio(test.precision_events), "permissions": _ratio(test.precision_permissions)},
        "denied_by_day": test.counted("day"),
        "denied_by_access_level": test.counted("access_level"),
        "denied_by_lack": test.counted("lack"),
        "trials": [_trial(each) for each in test.trials],
    }


def rarity_json(rarity: Rarity) -> Json:
    """The estimate, the curve, and each permission."""
    return {
        "days": rarity.days,
        "seen_once": rarity.seen_once,
        "expected_tomorrow": rarity.expected_tomorrow,
        "chance_tomorrow": rarity.chance_tomorrow,
        "discovery": [{"day": each.day, "new": each.new, "known": each.known} for each in rarity.discovery],
        "permissions": [
            {
                "action": each.action,
                "resource": each.resource,
                "days": each.days,
                "first_day": each.first,
                "last_day": each.last,
                "longest_silence_days": each.silence,
                "period": each.period or None,
            }
            for each in rarity.permissions
        ],
    }


def _trial(trial: Trial) -> Json:
    return {
        "train": _window(trial.train),
        "test": _window(trial.test),
        "recall": {"events": _ratio(trial.recall_events), "permissions": _ratio(trial.recall_permissions)},
        "precision": {"events": _ratio(trial.precision_events), "permissions": _ratio(trial.precision_permissions)},
        "denied": [_denied(each) for each in trial.denied],
    }


def _window(window: Window) -> Json:
    return {"from": window.first, "to": window.last}


def _ratio(ratio: Ratio) -> Json:
    return {"part": ratio.part, "of": ratio.of, "value": ratio.value}


def _denied(each: Denied) -> Json:
    return {
        "day": each.day,
        "lack": each.lack.value,
        "access_level": each.access_level.value,
        "action": each.action,
        "resource": each.resource,
        "events": each.events,
    }
