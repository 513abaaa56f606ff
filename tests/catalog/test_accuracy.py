"""How often the mapping is right: the targets, on the measurements of `bench.accuracy`."""

from __future__ import annotations

import pytest

from bench.accuracy import operations, recorded, roles
from bench.accuracy.operations import IN_SET, Verdict
from bench.accuracy.recorded import Fit
from bench.accuracy.report import Listing, Section, render, share
from bench.accuracy.sources import event_source_of, facts
from catalog.load import load_catalog, load_resolver, read_table
from catalog.model import Confidence, NoPermission, Operation, Resolved, Unresolved, confidence_of
from catalog.tables import items

CATALOG = load_catalog()


@pytest.mark.corpus
def test_the_rules_stand_alone() -> None:
    """Without the map: what holds for every service that AWS does not annotate."""
    found = operations.score(operation_map=False)
    total = len(found.judged)
    assert total == len(facts("operation_actions.tsv")) > 3_000
    assert found.in_set >= 0.996 * total, found.counts
    assert found.counts[Verdict.WRONG] <= 0.002 * total, found.counts


@pytest.mark.corpus
def test_with_the_map_everything_is_in_the_set_or_flagged() -> None:
    found = operations.score(operation_map=True)
    assert found.of(Verdict.WRONG, Verdict.UNRESOLVED) == ()
    assert found.in_set + found.counts[Verdict.FLAGGED] == len(found.judged) > 3_000


@pytest.mark.corpus
def test_what_is_flagged_says_so() -> None:
    flagged = operations.score(operation_map=True).of(Verdict.FLAGGED)
    assert 0 < len(flagged) < 20
    for each in flagged:
        assert isinstance(each.answer, Resolved)
        assert any("does not list it" in note for note in each.answer.notes), each


@pytest.mark.corpus
def test_a_certain_rule_is_right_more_often_than_the_others() -> None:
    """The confidence of a rule is what is measured of it."""
    judged = operations.score(operation_map=True).judged
    certain = [each for each in judged if confidence_of(each.answer.rule) is Confidence.CERTAIN]
    right = [each for each in certain if each.verdict in (*IN_SET, Verdict.FLAGGED)]
    assert len(right) == len(certain) > 3_000


@pytest.mark.corpus
def test_the_action_and_resource_that_a_denied_message_names_are_found_without_it() -> None:
    assert [row[2] for row in recorded.denied_rows()] == ["iam:Action"], "all but the row that is redacted"
    found = [each for corpus in ("real", "docs") for each in recorded.denied(corpus)]
    assert len(found) > 50
    assert [each for each in found if not each.right] == []
    assert [each for each in found if each.fit is Fit.WRONG] == []


@pytest.mark.corpus
@pytest.mark.parametrize(("corpus", "least"), [("real", 0.995), ("docs", 0.99), ("fixtures", 0.95)])
def test_recorded_calls_are_decided(corpus: str, least: float) -> None:
    found = recorded.decided(corpus)
    assert found.events > 200
    assert found.decided >= least * found.events, found.undecided


@pytest.mark.corpus
def test_resources_are_found_from_parameters_alone() -> None:
    """A decryption does not name its key: what is broader is that, and nothing is wrong."""
    found = recorded.from_parameters("real")
    total = found.total()
    assert total > 30_000
    assert sum(count for each, count in found.items() if each.fit is Fit.EXACT) >= 0.98 * total
    assert sum(count for each, count in found.items() if each.fit in (Fit.WRONG, Fit.ELSEWHERE)) <= 0.005 * total


@pytest.mark.corpus
def test_operations_that_pass_a_role_show_where_it_is() -> None:
    found = roles.places()
    nowhere = sorted(key for key, place in found.items() if place is roles.Place.NOWHERE)
    assert len(found) > 150
    assert len(nowhere) <= 0.05 * len(found), nowhere


def test_the_rules_decide_most_of_what_the_sdks_can_call() -> None:
    section = operations.undecided()
    (decided,) = section.rows
    assert decided[1].endswith("%)")
    assert float(decided[1].partition("(")[2].removesuffix("%)")) > 95


def test_a_call_that_needs_nothing_is_documented() -> None:
    """What is exempt though the map names its action is a curated row with its source."""
    resolver, exempt = load_resolver(CATALOG), []
    for row in read_table("operations.tsv"):
        operation = Operation(event_source_of()[row["client"]], row["operation"])
        if isinstance(answer := resolver.resolve(operation), NoPermission):
            exempt.append((row["client"], row["operation"]))
            assert answer.rule == "no-permission:never-checked"
    curated = {(row["service"], row["operation"]) for row in read_table("no_permission.tsv")}
    assert exempt
    assert set(exempt) <= curated


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Resolved(("s3:A",), "identity"), Verdict.WITHIN),
        (Resolved(("s3:A", "s3:B"), "identity"), Verdict.EXACT),
        (Resolved(("s3:A", "s3:Own"), "identity"), Verdict.FLAGGED),
        (Resolved(("s3:Own",), "identity", ("s3:B",)), Verdict.FLAGGED),
        (Resolved(("s3:Own",), "identity"), Verdict.WRONG),
        (Resolved(("s3:A", "s3:C"), "identity"), Verdict.WRONG),
        (Unresolved("no rule"), Verdict.UNRESOLVED),
        (NoPermission("none is needed"), Verdict.EXEMPT),
    ],
)
def test_verdicts(answer: Resolved | Unresolved | NoPermission, verdict: Verdict) -> None:
    assert operations.judge(answer, ("s3:A", "s3:B"), "s3:Own") is verdict


def test_shares_are_never_rounded_to_all_or_none() -> None:
    assert [share(9_999_999, 10_000_000), share(1, 10_000_000), share(0, 3), share(3, 3), share(0, 0)] == [
        "99.99%",
        "< 0.01%",
        "0.00%",
        "100.00%",
        "-",
    ]


def test_a_report_lists_every_miss() -> None:
    section = Section(
        "Part",
        "About it.",
        ("a", "b"),
        (("1", "x|y"),),
        (Listing("Missed", ("c",), (("z",),)), Listing("Lost", ("d",), ())),
    )
    text = render("Title", "Why.", [section])
    assert text.splitlines()[:3] == ["# Title", "", "Why."]
    assert "| 1 | x\\|y |" in text
    assert "Missed (1):\n\n| c |\n| --- |\n| z |" in text
    assert text.endswith("Lost (0):\n\nnone\n")


def test_lists_of_actions_in_cells_are_sorted() -> None:
    for row in read_table("operations.tsv"):
        assert list(items(row["actions"])) == sorted(items(row["actions"]))
