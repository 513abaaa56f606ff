"""What can become of a server: away, unwilling, read-only; and its password, which no message repeats."""

from __future__ import annotations

import traceback
from urllib.parse import quote

import pytest

from service.core.errors import DamagedIndex, IndexUnusable
from service.usecases.index_port import IndexBusy
from service.wiring import usage_index
from tests.adapters.usage_index.additions import numbered, seen
from tests.adapters.usage_index.conftest import run_sql
from tests.adapters.usage_index.server import PASSWORD, Server

_WRONG = "wr0ng/p@ss"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"password": _WRONG}, "refuses user or password: give others in its address"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"schema": "nowhere"}, "no schema has been selected to create in"),
    ],
)
def test_a_server_that_does_not_let_in(server: Server, given: dict[str, str], told: str) -> None:
    with pytest.raises(IndexUnusable, match=told) as caught:
        usage_index(server.place(**given))
    _expect_no_password(caught.value)


def test_a_server_that_is_away(server: Server) -> None:
    place = server.place().replace(quote(str(server.folder), safe=""), quote(str(server.folder / "away"), safe=""))
    for address in (place, f"postgresql://owner:{quote(PASSWORD, safe='')}@localhost:1/base"):
        with pytest.raises(
            IndexUnusable, match=r"the server of the index `postgresql://owner@.*` does not answer"
        ) as caught:
            usage_index(address)
        _expect_no_password(caught.value)


def _expect_no_password(error: BaseException) -> None:
    told = "".join(traceback.format_exception(error))
    for secret in (PASSWORD, _WRONG):
        assert secret not in str(error)
        assert quote(secret, safe="") not in str(error)
        assert secret not in told
        assert quote(secret, safe="") not in told


def test_a_server_that_was_started_again(schema: str) -> None:
    index = usage_index(schema)
    index.add(numbered(1))
    before = seen(index)
    _end_connections(schema)
    assert seen(index) == before
    index.close()


def test_a_server_that_goes_away_meanwhile(schema: str) -> None:
    index = usage_index(schema)
    for number in range(3):
        index.add(numbered(number))
    reading = index.segments(with_keys=True)
    next(reading)
    _end_connections(schema)
    with pytest.raises(IndexUnusable, match="does not answer"):
        list(reading)
    index.close()


def _end_connections(schema: str) -> None:
    run_sql(schema, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'whittle %'")


def test_a_user_who_may_only_read(schema: str) -> None:
    index = usage_index(schema)
    index.add(numbered(1))
    run_sql(
        schema,
        "DROP ROLE IF EXISTS guest",
        f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'",
        "DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO guest', current_schema()); END $$",
        "DO $$ BEGIN EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO guest', current_schema()); END $$",
    )
    guest = usage_index(schema.replace("//owner:", "//guest:"), create=False)
    assert seen(guest) == seen(index)
    with pytest.raises(IndexUnusable, match=r"cannot be used \(permission denied.*\): give a user") as caught:
        guest.add(numbered(2))
    _expect_no_password(caught.value)
    guest.close()
    index.close()
    run_sql(schema, "DROP OWNED BY guest", "DROP ROLE guest")


def test_tables_that_are_gone(schema: str) -> None:
    index = usage_index(schema)
    index.add(numbered(1))
    run_sql(schema, "DROP TABLE usage_segment")
    with pytest.raises(
        DamagedIndex, match=r"tables of the index `.*` are missing \(.*usage_segment.*\): build it again"
    ):
        index.totals()
    index.close()


def test_tables_of_others_are_left_alone(schema: str) -> None:
    run_sql(schema, "CREATE TABLE theirs (x int)", "INSERT INTO theirs VALUES (1)")
    index = usage_index(schema)
    index.add(numbered(1))
    assert len(index.known_files()) == 2
    index.close()


def test_indexes_in_two_schemas_do_not_lock_each_other(server: Server, schema: str) -> None:
    run_sql(server.place(), "CREATE SCHEMA IF NOT EXISTS beside")
    one, other = usage_index(schema), usage_index(server.place("beside"))
    with one.adding(), other.adding():
        one.add(numbered(1))
    other.close()
    one.close()


def test_one_that_writes_too_long_is_not_waited_for(schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.adapters.usage_index.postgresql.WAIT_SECONDS", 1)
    index = usage_index(schema)
    with index._connections.writing(), pytest.raises(IndexBusy, match="for 1 s: try again"):  # type: ignore[attr-defined]  # a transaction that stays open
        index.add(numbered(1))
    index.add(numbered(1))
    index.close()
