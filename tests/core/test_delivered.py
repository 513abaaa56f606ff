"""Of which accounts and Regions there are files, by CloudTrail's names."""

from __future__ import annotations

import pytest

from service.core.trail.delivered import UNSAID, Delivered, delivered_of

NAME = "111122223333_CloudTrail_eu-west-1_20260801T0005Z_aB3.json.gz"
HERE = Delivered("111122223333", "eu-west-1")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (NAME, HERE),
        (f"trail/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/01/{NAME}", HERE),
        (NAME.replace("eu-west-1", "us-gov-west-1"), Delivered("111122223333", "us-gov-west-1")),
        (NAME.replace("eu-west-1", "ap-southeast-2"), Delivered("111122223333", "ap-southeast-2")),
        (NAME.removesuffix(".gz"), HERE),
        (NAME.replace("CloudTrail", "CloudTrail-Insight"), UNSAID),
        (NAME.replace("eu-west-1", "Europe"), UNSAID),
        (NAME.replace("111122223333", "1"), UNSAID),
        (f"x{NAME}", UNSAID),
        (f"{NAME}/events.json", UNSAID),
        ("events.json", UNSAID),
    ],
)
def test_a_name_says_whose_the_file_is(name: str, found: Delivered) -> None:
    assert delivered_of([(name, 1)]) == {found}


def test_a_file_without_events_need_not_say() -> None:
    assert delivered_of([("about.json", 0), (NAME, 0)]) == {HERE}
    assert delivered_of([]) == frozenset()
