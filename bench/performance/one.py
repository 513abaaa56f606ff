"""One principal's usage from files, counted as peers count it: `python -m bench.performance.one ARN WORKERS PATH...`

All that a proposal reads of a trail is read: every record is looked at, so that the days and hours with events, the
files that cannot be read and the records that are none are known, whoever is asked about.
"""

import sys
from pathlib import Path

from service.core.days import Window
from service.core.principals import parse_principal
from service.usecases.gather import gather
from service.usecases.reading import of_query
from service.wiring import file_trail, keep


def main() -> int:
    arn, workers, *paths = sys.argv[1:]
    query = parse_principal(arn)
    reading = gather(file_trail([Path(each) for each in paths], int(workers)), keep, query)
    usage = of_query(reading, query)[1].used(Window()).usage
    print(len(usage), sum(evidence.count for evidence in usage.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
