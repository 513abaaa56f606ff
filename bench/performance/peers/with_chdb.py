"""ClickHouse in the process. `with_chdb.py ARN FOLDER...`"""

import sys

import chdb  # type: ignore[import-not-found]  # in the environment of the peers

PARTS = (
    """SELECT arrayJoin(JSONExtractArrayRaw(json, 'Records')) AS r FROM file('{folder}/**/*.json.gz', 'JSONAsString')"""
)
QUERY = """
SELECT JSONExtractString(r, 'eventSource') AS source, JSONExtractString(r, 'eventName') AS name,
  JSONExtractString(r, 'errorCode') AS error, JSONExtractRaw(r, 'resources') AS resources,
  count() AS events, min(JSONExtractString(r, 'eventTime')), max(JSONExtractString(r, 'eventTime'))
FROM ({records})
WHERE JSONExtractString(r, 'userIdentity', 'sessionContext', 'sessionIssuer', 'arn') = '{arn}'
  OR JSONExtractString(r, 'userIdentity', 'arn') = '{arn}'
GROUP BY source, name, error, resources FORMAT CSV
"""


def main() -> None:
    arn, *folders = sys.argv[1:]
    records = " UNION ALL ".join(PARTS.format(folder=folder) for folder in folders)
    rows = str(chdb.query(QUERY.format(records=records, arn=arn))).splitlines()
    print(len(rows), sum(int(row.rsplit(",", 3)[1]) for row in rows))


main()
