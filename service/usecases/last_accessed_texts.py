"""Answers of GetServiceLastAccessedDetails, as AWS's tools write them: one page or several, in one file or several.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from service.core.errors import InputError
from service.core.shown import shown
from service.core.unseen.last_accessed import Access, LastAccessed, ServiceAccess
from service.usecases.json_pages import Page, moment_of, pages_in

Files = Sequence[tuple[str, bytes]]


def last_accessed_of(files: Files, principal_arn: str) -> LastAccessed:
    """What the pages of the files say together.

    Raises:
        InputError: they are no such answers, of a job that failed or runs, or all of another principal; one is empty.
    """
    pages = [page for name, content in files for page in _pages(name, content)]
    services: dict[str, ServiceAccess] = {}
    notes: list[str] = []
    for place, page in pages:
        found = list(_services(place, page))
        _check_principal(place, found, principal_arn)
        for service in found:
            known = services.get(service.access.name)
            services[service.access.name] = _merged(known, service) if known else service
    if sum(page.get("IsTruncated") is True for _, page in pages) > len(pages) - 1:
        notes.append("last accessed: a page is missing (IsTruncated in the last one), so services may be missing too")
    moments = (moment_of(place, page.get("JobCompletionDate")) for place, page in pages)
    completed = min(filter(None, moments), default="")
    return LastAccessed(tuple(sorted(services.values())), completed, tuple(notes))


def _pages(name: str, content: bytes) -> Sequence[tuple[str, Page]]:
    """The pages of a file, at least one."""
    pages = list(pages_in(name, content))
    if not pages:
        raise InputError(f"{name} holds no answer: {_WANTED}")
    for place, page in pages:
        _check(place, page)
    return pages


def _merged(one: ServiceAccess, other: ServiceAccess) -> ServiceAccess:
    """Of two answers about a service: the later access, and the actions of both."""
    actions: dict[str, Access] = {}
    for each in (*one.actions, *other.actions):
        actions[each.name] = _later(actions.get(each.name, each), each)
    return ServiceAccess(_later(one.access, other.access), tuple(sorted(actions.values())))


def _later(one: Access, other: Access) -> Access:
    return max(one, other, key=lambda each: (each.last, each))


def _check(place: str, page: Page) -> None:
    status = page.get("JobStatus")
    if status == "FAILED":
        error = page.get("Error")
        why = shown(str(error.get("Message", ""))) if isinstance(error, Mapping) else ""
        raise InputError(f"{place}: the job failed{f' ({why})' if why else ''}: start it again and give its answer")
    if status == "IN_PROGRESS":
        raise InputError(f"{place}: the job was still running: ask again until JobStatus is COMPLETED")
    if status != "COMPLETED" or not isinstance(page.get("ServicesLastAccessed"), list):
        raise InputError(f"{place} is no answer of GetServiceLastAccessedDetails: {_WANTED}")


_WANTED = "give what `aws iam get-service-last-accessed-details --job-id ID` answers"


def _services(place: str, page: Page) -> Iterator[ServiceAccess]:
    listed = page["ServicesLastAccessed"]
    assert isinstance(listed, list)  # noqa: S101  # checked
    for number, each in enumerate(listed, 1):
        where = f"{place}, ServicesLastAccessed[{number - 1}]"
        if not isinstance(each, Mapping) or not isinstance(name := each.get("ServiceNamespace"), str) or not name:
            raise InputError(f"{where} has no ServiceNamespace: give the answer as AWS wrote it")
        tracked = each.get("TrackedActionsLastAccessed") or []
        if not isinstance(tracked, list) or not all(isinstance(one, Mapping) for one in tracked):
            raise InputError(f"{where}.TrackedActionsLastAccessed is not a list: give the answer as AWS wrote it")
        actions = (_action(where, one) for one in tracked if one.get("ActionName"))
        yield ServiceAccess(
            Access(
                name,
                moment_of(f"{where}.LastAuthenticated", each.get("LastAuthenticated")),
                str(each.get("LastAuthenticatedRegion") or ""),
                str(each.get("LastAuthenticatedEntity") or ""),
            ),
            tuple(sorted(actions)),
        )


def _action(where: str, one: Mapping[str, object]) -> Access:
    return Access(
        str(one["ActionName"]),
        moment_of(f"{where}.LastAccessedTime", one.get("LastAccessedTime")),
        str(one.get("LastAccessedRegion") or ""),
        str(one.get("LastAccessedEntity") or ""),
    )


def _check_principal(place: str, services: Iterable[ServiceAccess], principal_arn: str) -> None:
    entities = {access.entity for each in services for access in (each.access, *each.actions)} - {""}
    if principal_arn and entities and principal_arn not in entities:
        raise InputError(
            f"{place} is of {shown(min(entities))}, not of {shown(principal_arn)}: "
            "give the answer of a job for that principal"
        )
