"""The script that everybody writes: gzip, json and a dict. `plain.py ARN FOLDER...`"""

import gzip
import json
import sys
from pathlib import Path


def main() -> None:
    arn, *folders = sys.argv[1:]
    used: dict[tuple[object, ...], tuple[int, str, str]] = {}
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.json.gz")):
            with gzip.open(path) as file:
                records = json.load(file)["Records"]
            for event in records:
                identity = event["userIdentity"]
                issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
                if arn not in {identity.get("arn"), issuer.get("arn")}:
                    continue
                resources = tuple(each.get("ARN") for each in event.get("resources") or ())
                key = (event["eventSource"], event["eventName"], event.get("errorCode"), resources)
                count, first, last = used.get(key, (0, "9999", ""))
                used[key] = (count + 1, min(first, event["eventTime"]), max(last, event["eventTime"]))
    print(len(used), sum(count for count, _, _ in used.values()))


main()
