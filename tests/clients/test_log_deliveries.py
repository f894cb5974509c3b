"""Deliveries of vended logs by real clients: they are kept and shown, and nothing is delivered (logs.md §8.6)."""

import json

import pytest

from harness import HOME_REGION
from policies import allow, document
from refusals import refused

BUCKET = "arn:aws:s3:::bucket"


@pytest.fixture
def logs(server, root):
    return server.client("logs", root)


@pytest.fixture
def arn(root):
    """Makes an ARN of Logs."""
    return lambda tail: f"arn:aws:logs:{HOME_REGION}:{root.key}:{tail}"


@pytest.fixture
def source(logs, root):
    """A delivery source of a distribution."""
    resource = f"arn:aws:cloudfront::{root.key}:distribution/E1Q5F5862X9VJ5"
    return logs.put_delivery_source(name="source", resourceArn=resource, logType="ACCESS_LOGS")["deliverySource"]


def put_destination(logs, name="bucket", resource=BUCKET, **more):
    configuration = {"destinationResourceArn": resource}
    put = logs.put_delivery_destination(name=name, deliveryDestinationConfiguration=configuration, **more)
    return put["deliveryDestination"]


def create(logs, name="bucket", **more):
    destination = logs.get_delivery_destination(name=name)["deliveryDestination"]["arn"]
    return logs.create_delivery(deliverySourceName="source", deliveryDestinationArn=destination, **more)["delivery"]


def test_a_source_is_given_back(logs, source, arn):
    assert source["arn"] == arn("delivery-source:source")
    assert (source["service"], source["logType"], source["status"]) == ("cloudfront", "ACCESS_LOGS", "ACTIVE")
    assert logs.get_delivery_source(name="source")["deliverySource"] == source
    assert logs.describe_delivery_sources()["deliverySources"] == [source]
    logs.delete_delivery_source(name="source")
    with refused("ResourceNotFoundException", 400) as refusal:
        logs.get_delivery_source(name="source")
    assert refusal.message == "Requested Delivery Source does not exist in this account."


def test_what_vends_no_logs_is_no_source(logs, source):
    with refused("ResourceNotFoundException", 400) as refusal:
        logs.put_delivery_source(name="new", resourceArn=BUCKET, logType="ACCESS_LOGS")
    assert refusal.message == "Cannot access provided service."
    with refused("ValidationException", 400) as refusal:
        logs.put_delivery_source(name="new", resourceArn=source["resourceArns"][0], logType="EVENT_LOGS")
    assert refusal.message == " This service is not allowed for this LogSource."
    with refused("ConflictException", 400):
        logs.put_delivery_source(name="source", resourceArn=source["resourceArns"][0] + "X", logType="ACCESS_LOGS")


def test_a_destination_is_of_the_type_of_its_resource(logs, arn):
    made = put_destination(logs, outputFormat="json", tags={"key": "value"})
    assert made == {
        "name": "bucket",
        "arn": arn("delivery-destination:bucket"),
        "deliveryDestinationType": "S3",
        "outputFormat": "json",
        "deliveryDestinationConfiguration": {"destinationResourceArn": BUCKET},
    }
    assert logs.get_delivery_destination(name="bucket")["deliveryDestination"] == made
    assert put_destination(logs, "group", arn("log-group:g"))["deliveryDestinationType"] == "CWL"
    assert "outputFormat" not in put_destination(logs, "group", arn("log-group:h"))
    traces = logs.put_delivery_destination(name="traces", deliveryDestinationType="XRAY")["deliveryDestination"]
    assert traces["deliveryDestinationType"] == "XRAY"
    names = [one["name"] for one in logs.describe_delivery_destinations()["deliveryDestinations"]]
    assert names == ["bucket", "group", "traces"]


def test_a_format_is_one_of_aws_and_stays(server, root, logs):
    put_destination(logs, outputFormat="json")
    unchecked = server.client("logs", root, parameter_validation=False)
    with refused("ValidationException", 400) as refusal:
        put_destination(unchecked, outputFormat="foobar")
    assert refusal.message.startswith(
        "1 validation error detected: Value 'foobar' at 'outputFormat' failed to satisfy constraint: Member must "
        "satisfy enum value set: ["
    )
    with refused("ConflictException", 400) as refusal:
        put_destination(logs, outputFormat="plain")
    assert refusal.message.startswith("Update to existing Delivery Destination with new Output Format is not allowed.")


def test_a_policy_must_be_one_and_can_be_deleted(logs, arn):
    put_destination(logs)
    with refused("ValidationException", 400):
        logs.put_delivery_destination_policy(deliveryDestinationName="bucket", deliveryDestinationPolicy="{")
    principal = {"AWS": "arn:aws:iam::111122223333:root"}
    policy = document({
        "Effect": "Allow", "Principal": principal, "Action": "logs:CreateDelivery", "Resource": arn("delivery-destination:*"),
    })
    put = logs.put_delivery_destination_policy(deliveryDestinationName="bucket", deliveryDestinationPolicy=policy)
    assert json.loads(put["policy"]["deliveryDestinationPolicy"]) == json.loads(policy)
    assert logs.get_delivery_destination_policy(deliveryDestinationName="bucket")["policy"] == put["policy"]
    logs.delete_delivery_destination_policy(deliveryDestinationName="bucket")
    assert logs.get_delivery_destination_policy(deliveryDestinationName="bucket")["policy"] == {}


def test_a_delivery_connects_a_source_and_a_destination(logs, source, arn):
    put_destination(logs)
    made = create(logs, tags={"key": "value"})
    assert made.pop("tags") == {"key": "value"}
    assert made["arn"] == arn(f"delivery:{made['id']}") and made["deliveryDestinationType"] == "S3"
    assert len(made["recordFields"]) == 33
    assert made["s3DeliveryConfiguration"] == {
        "suffixPath": "AWSLogs/{account-id}/CloudFront/", "enableHiveCompatiblePath": False,
    }
    assert logs.get_delivery(id=made["id"])["delivery"] == made
    logs.update_delivery_configuration(id=made["id"], recordFields=["date"], fieldDelimiter=",")
    (updated,) = logs.describe_deliveries()["deliveries"]
    assert updated == made | {"recordFields": ["date"], "fieldDelimiter": ","}
    logs.delete_delivery(id=made["id"])
    with refused("ResourceNotFoundException", 400) as refusal:
        logs.get_delivery(id=made["id"])
    assert refusal.message == "Requested Delivery does not exist in this account."


def test_conflicts_are_told(logs, source):
    put_destination(logs)
    put_destination(logs, "second", "arn:aws:s3:::second")
    create(logs)
    for name, text in [
        ("bucket", "The specified Delivery already exists"),
        ("second", "Delivery already exists for this Delivery Source with the same Delivery Destination Type."),
    ]:
        with refused("ConflictException", 400) as refusal:
            create(logs, name)
        assert refusal.message == text
    with refused("ConflictException", 400):
        logs.delete_delivery_source(name="source")
    with refused("ConflictException", 400):
        logs.delete_delivery_destination(name="bucket")
    with refused("ConflictException", 400) as refusal:
        put_destination(logs, tags={"key": "value"})
    assert refusal.message == "Tags can only be provided when a resource is being created, not updated."


def test_lists_come_in_pages(logs):
    for number in range(5):
        put_destination(logs, f"d{number}")
    pages = logs.get_paginator("describe_delivery_destinations").paginate(PaginationConfig={"PageSize": 2})
    found = [[one["name"] for one in page["deliveryDestinations"]] for page in pages]
    assert found == [["d0", "d1"], ["d2", "d3"], ["d4"]]
    with refused("ValidationException", 400):
        logs.describe_delivery_destinations(nextToken="x")


def test_tags_go_by_arn(logs, source, arn):
    put_destination(logs, tags={"first": "1"})
    delivery = create(logs)["arn"]
    for resource, first in [(source["arn"], {}), (arn("delivery-destination:bucket"), {"first": "1"}), (delivery, {})]:
        logs.tag_resource(resourceArn=resource, tags={"second": "2"})
        assert logs.list_tags_for_resource(resourceArn=resource)["tags"] == first | {"second": "2"}
        logs.untag_resource(resourceArn=resource, tagKeys=["second"])
        assert logs.list_tags_for_resource(resourceArn=resource)["tags"] == first


def test_a_delivery_needs_permission_for_all_that_it_connects(server, logs, source, people, arn):
    put_destination(logs)
    put_destination(logs, "other", "arn:aws:s3:::other")
    may = [arn("delivery-source:source"), arn("delivery-destination:bucket"), arn("delivery:*")]
    user = people.make("deliverer", document(allow("logs:CreateDelivery", may)))
    theirs = server.client("logs", user)
    with refused("AccessDeniedException", 400):
        theirs.create_delivery(deliverySourceName="source", deliveryDestinationArn=arn("delivery-destination:other"))
    made = theirs.create_delivery(deliverySourceName="source", deliveryDestinationArn=arn("delivery-destination:bucket"))
    assert made["delivery"]["deliverySourceName"] == "source"


def test_deliveries_survive_a_crash(make_server):
    server = make_server().start()
    logs = server.client("logs")
    resource = "arn:aws:cloudfront::111122223333:distribution/E1"
    logs.put_delivery_source(name="source", resourceArn=resource, logType="ACCESS_LOGS", tags={"key": "value"})
    put_destination(logs)
    made = create(logs)
    server.kill()
    server.start()
    logs = server.client("logs")
    assert logs.describe_deliveries()["deliveries"] == [made]
    assert logs.list_tags_for_resource(resourceArn=logs.get_delivery_source(name="source")["deliverySource"]["arn"])[
        "tags"
    ] == {"key": "value"}
