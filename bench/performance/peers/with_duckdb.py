"""DuckDB's read_json with the columns given. `with_duckdb.py ARN FOLDER...`"""

import sys

import duckdb  # type: ignore[import-not-found]  # in the environment of the peers

COLUMNS = """{Records: 'STRUCT(eventTime VARCHAR, eventSource VARCHAR, eventName VARCHAR, errorCode VARCHAR,
  userIdentity STRUCT(arn VARCHAR, sessionContext STRUCT(sessionIssuer STRUCT(arn VARCHAR))),
  resources STRUCT("ARN" VARCHAR)[])[]'}"""
QUERY = """
WITH events AS (SELECT unnest(Records) AS e FROM read_json(
  $files, format = 'unstructured', maximum_object_size = 1073741824, columns = <columns>))
SELECT e.eventSource, e.eventName, e.errorCode, e.resources::VARCHAR, count(*), min(e.eventTime), max(e.eventTime)
FROM events WHERE $arn IN (e.userIdentity.sessionContext.sessionIssuer.arn, e.userIdentity.arn) GROUP BY 1, 2, 3, 4
"""


def main() -> None:
    arn, *folders = sys.argv[1:]
    files = [f"{folder}/**/*.json.gz" for folder in folders]
    rows = duckdb.connect().execute(QUERY.replace("<columns>", COLUMNS), {"files": files, "arn": arn}).fetchall()
    print(len(rows), sum(row[4] for row in rows))


main()
