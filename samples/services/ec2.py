"""Amazon EC2: lists are wrapped in `xxxSet.items[]`, some requests in `<Action>Request`.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-with-cloudtrail.html
"""

from __future__ import annotations

from samples.records import Call, Json

VPC = "vpc-04d1f7a3b2c96e850"
SUBNET = "subnet-0b7c2e91d4f35a608"
GROUP = "sg-0e5a9c17b38d2f461"
IMAGE = "ami-0c9d8e7f6a5b43210"

_VERSION = "2016-11-15"


def describe_instances(*instances: str) -> Call:
    return _ec2("DescribeInstances", {"instancesSet": _items("instanceId", instances), "filterSet": {}})


def describe_instances_tagged(key: str, value: str) -> Call:
    chosen = {"items": [{"name": f"tag:{key}", "valueSet": {"items": [{"value": value}]}}]}
    return _ec2("DescribeInstances", {"maxResults": 100, "instancesSet": {}, "filterSet": chosen})


def describe(name: str, member: str) -> Call:
    """One of the many reads of everything: DescribeVpcs with `vpcSet`, DescribeSubnets with `subnetSet`."""
    return _ec2(name, {member: {}, "filterSet": {}})


def run_instances(profile: str, instance: str, tags: Json) -> Call:
    """Passes the role of an instance profile, and tags what it makes."""
    asked = {
        "instancesSet": {"items": [{"imageId": IMAGE, "minCount": 1, "maxCount": 1}]},
        "instanceType": "m7g.large",
        "subnetId": SUBNET,
        "groupSet": {"items": [{"groupId": GROUP}]},
        "blockDeviceMapping": {},
        "monitoring": {"enabled": False},
        "disableApiTermination": False,
        "iamInstanceProfile": {"name": profile},
        "tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": _tags(tags)}]},
    }
    made = {"instanceId": instance, "imageId": IMAGE, "instanceState": {"code": 0, "name": "pending"}}
    answer = {"reservationId": f"r-{instance[2:]}", "instancesSet": {"items": [made]}}
    return _ec2("RunInstances", asked, answer, write=True)


def run_instances_by_profile_arn(profile: str, instance: str) -> Call:
    call = run_instances("", instance, {"Name": "worker"})
    asked = {**_request(call), "iamInstanceProfile": {"arn": profile}}
    return call.changed(requestParameters=asked)


def change_state(name: str, code: int, state: str, *instances: str) -> Call:
    """StartInstances, StopInstances, TerminateInstances."""
    changed = [
        {"instanceId": each, "currentState": {"code": code, "name": state}, "previousState": {"code": 16}}
        for each in instances
    ]
    asked = {"instancesSet": _items("instanceId", instances)}
    return _ec2(name, asked, {"instancesSet": {"items": changed}}, write=True)


def create_tags(resource: str, tags: Json) -> Call:
    asked = {"resourcesSet": _items("resourceId", (resource,)), "tagSet": {"items": _tags(tags)}}
    return _ec2("CreateTags", asked, {"_return": True}, write=True)


def create_snapshot(volume: str, snapshot: str) -> Call:
    """What is made is named in the response alone."""
    asked = {"volumeId": volume, "description": "before the upgrade"}
    return _ec2("CreateSnapshot", asked, {"snapshotId": snapshot, "volumeId": volume, "status": "pending"}, write=True)


def create_launch_template_version(template: str, version: str) -> Call:
    """A request wrapped in the name of its action."""
    wrapped = {"LaunchTemplateId": template, "SourceVersion": version, "LaunchTemplateData": {"ImageId": IMAGE}}
    answer = {"launchTemplateVersion": {"launchTemplateId": template, "versionNumber": int(version) + 1}}
    return _ec2(
        "CreateLaunchTemplateVersion",
        {"CreateLaunchTemplateVersionRequest": wrapped},
        {"CreateLaunchTemplateVersionResponse": answer},
        write=True,
    )


def create_security_group(name: str, group: str) -> Call:
    asked = {"groupName": name, "groupDescription": name, "vpcId": VPC}
    return _ec2("CreateSecurityGroup", asked, {"_return": True, "groupId": group}, write=True)


def authorize_ingress(group: str) -> Call:
    rule = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": {"items": [{"cidrIp": "10.0.0.0/16"}]}}
    asked = {"groupId": group, "ipPermissions": {"items": [rule]}}
    return _ec2("AuthorizeSecurityGroupIngress", asked, {"_return": True}, write=True)


def dry_run(call: Call) -> Call:
    """Was allowed: EC2 says so with an error."""
    return call.failing("Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set.")


def _ec2(name: str, asked: Json, answer: Json | None = None, write: bool = False) -> Call:
    return Call("ec2", name, asked, answer, write=write, api_version=_VERSION if write else "")


def _items(member: str, values: tuple[str, ...]) -> Json:
    return {"items": [{member: value} for value in values]} if values else {}


def _tags(tags: Json) -> list[Json]:
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def _request(call: Call) -> Json:
    return call.request if isinstance(call.request, dict) else {}
