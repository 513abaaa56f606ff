"""A proposal for a pull request, as GitHub's Markdown: what is asked for and why, what changes, what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from service.core.iam.document import render_pretty
from service.core.json_bytes import Json
from service.core.markdown_text import code, fenced, folded, table
from service.core.render.handover import Handover

_ROWS = 60
"""How many rows a table has at most: a comment of GitHub may have 65,536 characters."""

_RESOURCES = 3


def markdown(given: Handover, proposal: Json) -> str:
    """The proposal, whose policies are those that are handed over, in words and tables."""
    return "\n".join(_lines(given, proposal)) + "\n"


def _lines(given: Handover, proposal: Json) -> Iterator[str]:
    yield f"## Least privilege for {code(given.principal.label)}"
    yield ""
    yield from (f"- {each}" for each in _summary(given, proposal))
    yield ""
    yield from table(("policy", "statements", "characters"), _policies(given, proposal))
    yield from _changes(proposal)
    yield from _permissions(proposal)
    yield from _blind_spots(proposal)
    yield from _calls(proposal)
    yield from _notes(proposal)
    for each in given.documents:
        yield ""
        yield from folded(f"policy {code(each.name)}", fenced(render_pretty(each.policy), "json"))
    yield ""
    yield f"<sub>{code(given.identifier)}, catalog {code(proposal['catalog']['version'])}</sub>"


def _summary(given: Handover, proposal: Json) -> Iterator[str]:
    covered, summary, checked = proposal["window"]["covered"], proposal["summary"], proposal["self_check"]
    levels = ", ".join(f"{count:,} {code(name)}" for name, count in summary["actions_by_access_level"].items())
    if covered["from"]:
        yield f"evidence from {code(covered['from'])} to {code(covered['to'] or '')}"
    yield f"{summary['actions']:,} actions: {levels or 'none'}"
    yield f"{checked['allowed']:,} of {checked['requests']:,} distinct observed requests allowed"
    yield _no_new_access(proposal["certificate"]["no_new_access"])
    excess = proposal["certificate"]["excess"]
    yield f"{excess['beyond_observed']:,} of {excess['granted']:,} pairs of action and resource go beyond what was seen"
    if tested := proposal["backtest"]:
        events = tested["recall"]["events"]
        yield f"back-test: {events['part']:,} of {events['of']:,} later events allowed"
    if not proposal["fit"]["fits"]:
        yield f"**it does not fit: there is room for {proposal['fit']['documents']} policies**"
    yield f"given as {code(given.target.value)}"


def _no_new_access(said: Json | None) -> str:
    if said is None:
        return "it is not known what is granted now"
    if said["verdict"] == "holds":
        return "**no new access**: everything in it is granted now, proved over every request"
    if said["in_words"]:
        return f"**new access**, for example {code(said['in_words'])}"
    return f"whether there is new access is not known: {code(said['reason'] or said['verdict'])}"


def _policies(given: Handover, proposal: Json) -> Iterator[tuple[str, ...]]:
    for each, said in zip(given.documents, proposal["policies"], strict=True):
        yield code(each.name), f"{len(each.policy.statements)}", f"{said['characters']:,}"


def _changes(proposal: Json) -> Iterator[str]:
    sentence = (proposal["diff"] or {}).get("sentence")
    if isinstance(sentence, str):
        yield ""
        yield f"Against what is granted now: {code(sentence)}"


def _permissions(proposal: Json) -> Iterator[str]:
    rows = [_permission(each) for each in proposal["permissions"]]
    if rows:
        yield ""
        yield "### Permissions"
        yield ""
        yield from table(("action", "access level", "on", "why", "events", "last seen"), rows[:_ROWS])
        yield from _more(len(rows) - _ROWS)


def _permission(each: Json) -> tuple[str, ...]:
    listed = [code(one) for one in each["resources"][:_RESOURCES]]
    if len(each["resources"]) > _RESOURCES:
        listed.append(f"{len(each['resources']) - _RESOURCES:,} more")
    tests = (f"if {test['operator']} {test['key']} {', '.join(test['values'])}" for test in each["conditions"])
    where = "<br>".join([*listed, *map(code, tests)])
    why, level = each["reason"]["kind"], each["access_level"]
    return code(each["action"]), code(level), where, code(why), f"{each['count']:,}", code(each["last_seen"] or "never")


def _blind_spots(proposal: Json) -> Iterator[str]:
    hidden = proposal["blind_spots"]["unobservable"]
    if hidden:
        rows = [
            (
                code(each["service"]),
                f"{len(each['actions']):,}",
                code(each["why"]),
                "kept" if each["kept"] else "dropped",
            )
            for each in hidden
        ]
        yield ""
        yield "### What the trail could not show"
        yield ""
        yield from table(("service", "actions", "why", ""), rows[:_ROWS])
        yield from _more(len(rows) - _ROWS)


def _hidden(each: Json) -> tuple[str, ...]:
    number, what = f"{len(each['actions']):,}", "kept" if each["kept"] else "dropped"
    return code(each["service"]), number, code(each["why"]), what


_KINDS = (
    ("denied", "denied, so not granted"),
    ("unresolved", "unresolved: no permission could be written for them"),
    ("undetermined", "failed in a way that shows neither yes nor no"),
)


def _calls(proposal: Json) -> Iterator[str]:
    for member, title in _KINDS:
        if listed := proposal[member]:
            rows = [(code(f"{each['event_source']} {each['event_name']}"), f"{each['count']:,}") for each in listed]
            yield ""
            yield from folded(f"{title} ({len(rows):,})", _listed(("call", "events"), rows))


def _listed(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield from table(head, rows[:_ROWS])
    yield from _more(len(rows) - _ROWS)


def _notes(proposal: Json) -> Iterator[str]:
    if proposal["notes"]:
        yield ""
        yield "### Notes"
        yield ""
        yield from (f"- {each}" for each in _shortened(proposal["notes"]))


def _shortened(notes: Iterable[Json]) -> Iterator[str]:
    listed = list(notes)
    for each in listed[:_ROWS]:
        yield code(each["note"]) + (f" ({each['events']:,} events)" if each["events"] else "")
    if len(listed) > _ROWS:
        yield f"and {len(listed) - _ROWS:,} more: the JSON has all of them"


def _more(number: int) -> Iterator[str]:
    if number > 0:
        yield ""
        yield f"and {number:,} more: the JSON has all of them"
