"""Every way in which a request can be wrong is a problem document; and defects tell the client nothing."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import pytest
from anyio.from_thread import BlockingPortal

from service.adapters.proposal_store import ProposalFiles
from service.api import problems
from service.api.app import create_app
from service.api.schemas.problem import ProblemDocument
from service.usecases.proposals import ProposalDesk
from service.usecases.sources import TrailSource
from service.wiring import keep, parts
from tests.api.site import READER, Client, Counting, assert_problem, desk_over
from tests.tables import Row, rows


class Case(Row, frozen=True, kw_only=True):
    """A request and the problem that it is answered with. `times` repeats the body."""

    method: str = "POST"
    path: str = "/v1/proposals"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: str = ""
    times: int = 1
    status: int
    type: str
    contains: str = ""
    pointers: list[str] | None = None
    nearest: str = ""
    allow: str = ""


@pytest.mark.parametrize("case", rows("problems", Case, Path(__file__).parent / "cases"))
def test_problem(client: Client, case: Case) -> None:
    body = (case.body * case.times).encode("utf-8", "surrogateescape")
    headers = {"content-type": "application/json", **case.headers}
    answer = client.ask(case.method, case.path, headers=headers, content=body)
    problem = assert_problem(answer, case.status, case.type)
    ProblemDocument.model_validate(problem)
    assert case.contains in problem["detail"]
    assert answer.headers.get("allow", "") == case.allow
    if case.pointers is not None:
        assert [each["pointer"] for each in problem["errors"]] == case.pointers
    if case.nearest:
        assert problem["nearest"][0] == case.nearest


def test_a_thousand_wrong_members_are_counted_and_a_few_are_listed(client: Client) -> None:
    problem = assert_problem(client.propose({f"m{number}": 1 for number in range(1000)}), 422, "invalid-request")
    assert len(problem["errors"]) == 20
    assert "1001 places" in problem["detail"]


def test_every_kind_of_problem_is_described_under_its_uri(client: Client) -> None:
    for kind in problems.KINDS:
        assert client.get(kind.uri).json() == {"type": kind.uri, "status": kind.status, "title": kind.title}
    assert len({kind.name for kind in problems.KINDS}) == len(problems.KINDS) > 10


class Broken:
    """A trail that fails as nothing should."""

    def open(self) -> None:
        raise ZeroDivisionError("a secret")


def test_a_defect_tells_an_incident_and_nothing_else(portal: BlockingPortal, caplog: pytest.LogCaptureFixture) -> None:
    source = TrailSource(Broken().open, keep)  # type: ignore[arg-type]  # it is broken
    desk = ProposalDesk(source, parts().proposer, ProposalFiles(Path("unused")))
    answer = Client(create_app(desk, parts().catalog), portal).propose({"principal_arn": READER})
    problem = assert_problem(answer, 500, "internal-error")
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    logged = next(each for each in caplog.records if problem["incident"] in each.getMessage())
    assert logged.exc_info is not None
    assert "a secret" in str(logged.exc_info[1])


def test_the_services_own_trouble_names_no_place(
    portal: BlockingPortal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    absent = desk_over(Counting(tmp_path / "absent").open)
    answer = Client(create_app(absent, parts().catalog), portal).get("/v1/principals")
    problem = assert_problem(answer, 503, "trail-unusable")
    assert "absent" not in answer.text
    assert any(problem["incident"] in each.getMessage() and "absent" in each.getMessage() for each in caplog.records)


def test_a_store_that_takes_nothing(trail: Counting, portal: BlockingPortal, tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    desk = desk_over(trail.open, ProposalFiles(tmp_path / "data"))
    answer = Client(create_app(desk, parts().catalog), portal).propose({"principal_arn": READER})
    assert_problem(answer, 503, "store-unusable")


def test_a_damaged_proposal(trail: Counting, portal: BlockingPortal, tmp_path: Path) -> None:
    def client() -> Client:
        return Client(create_app(desk_over(trail.open, ProposalFiles(tmp_path / "data")), parts().catalog), portal)

    where = client().propose({"principal_arn": READER}).headers["location"]
    (tmp_path / "data" / f"{where.rsplit('/', 1)[-1]}.json").write_text("{}")
    assert_problem(client().get(where), 500, "proposal-unreadable")


def test_requests_are_logged_in_one_line_without_secrets(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "whittle.http"):
        client.get("/v1/actions/s3:GetObject%0a%1b?token=hidden", headers={"authorization": "hidden"})
        client.ask("HEAD", "/healthz")
    first, second = [each.getMessage() for each in caplog.records if each.name == "whittle.http"]
    assert first.startswith("GET /v1/actions/s3:GetObject%0a%1b 404 ")
    assert first.endswith(" ms")
    assert second.startswith("HEAD /healthz 200 ")
    assert "hidden" not in first
