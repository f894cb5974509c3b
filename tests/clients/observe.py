"""What a server has and shows, and what it says when it will not start."""

import datetime

import pytest

from harness import StartFailed


def failure(server):
    """Starts a server that must not become ready; gives what it said."""
    with pytest.raises(StartFailed) as failed:
        server.start()
    assert failed.value.code not in (0, None)
    assert "panicked" not in failed.value.stderr
    return failed.value.stderr


def users(server):
    """Names of all users of the server's account."""
    pages = server.client("iam").get_paginator("list_users").paginate()
    return {user["UserName"] for page in pages for user in page["Users"]}


def created(server):
    """Names of users whose creation is in event history, as often as it is there."""
    return sorted(
        record["requestParameters"]["userName"]
        for record in server.records(EventName="CreateUser")
        if "errorCode" not in record
    )


def attribute(key, value):
    """A look-up by one attribute, as parameters of boto3."""
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def moment(text):
    """A time as the server writes it."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def last(server, root, region="us-east-1", **attribute):
    """The newest record of a look-up."""
    found = server.records(root, region, **attribute)
    assert found, f"no event with {attribute}"
    return found[0]
