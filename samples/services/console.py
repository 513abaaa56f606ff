"""The console: sign-ins, which are not API calls, and pages that call what is no IAM action.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
"""

from __future__ import annotations

from samples.account import VIRGINIA
from samples.records import ABSENT, Call, Json

_SIGN_IN = {"eventType": "AwsConsoleSignIn", "requestID": ABSENT}


def console_login(mfa: bool, target: str = "https://console.aws.amazon.com/console/home") -> Call:
    more = {"LoginTo": target, "MobileVersion": "No", "MFAUsed": "Yes" if mfa else "No"}
    call = Call("signin", "ConsoleLogin", None, {"ConsoleLogin": "Success"}, write=True, region=VIRGINIA, more=more)
    return call.at_version("1.08").changed(**_SIGN_IN)


def failed_login() -> Call:
    """The message is there without an error code."""
    more = {"LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No", "MFAUsed": "No"}
    call = Call("signin", "ConsoleLogin", None, {"ConsoleLogin": "Failure"}, write=True, region=VIRGINIA, more=more)
    return call.at_version("1.08").changed(**_SIGN_IN, errorMessage="Failed authentication")


def check_mfa() -> Call:
    more = {"MfaType": "U2F MFA"}
    call = Call("signin", "CheckMfa", None, {"CheckMfa": "Success"}, write=True, region=VIRGINIA, more=more)
    return call.at_version("1.08").changed(**_SIGN_IN)


def set_contact_address() -> Call:
    """AwsConsoleAction: something a page of the console does, not a public API."""
    asked: Json = {"company": "Fernwell", "city": "Delft", "countryCode": "NL", "phoneNumber": "+31 15 555 0100"}
    call = Call("billingconsole", "SetContactAddress", asked, write=True, region=VIRGINIA)
    return call.at_version("1.05").changed(eventType="AwsConsoleAction", requestID=ABSENT)


def get_bills() -> Call:
    """An AwsApiCall of a console page: no IAM action has this name."""
    asked = {"isoMonth": 8, "isoYear": 2026}
    return Call("billingconsole", "GetBillsForBillingPeriod", asked, region=VIRGINIA)


def get_resources(key: str, value: str) -> Call:
    """The Resource Groups Tagging API: event source `tagging`, IAM prefix `tag`."""
    return Call("tagging", "GetResources", {"tagFilters": [{"key": key, "values": [value]}], "resourcesPerPage": 50})
