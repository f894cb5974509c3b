"""Asserting that a boto3 call is refused."""

import contextlib

import pytest
from botocore.exceptions import ClientError


class Refusal:
    """Filled when the block ends."""

    code = message = status = request_id = answer = None


@contextlib.contextmanager
def refused(code, status=None):
    """The block must be refused with `code` (and `status`); what was said is in the value."""
    refusal = Refusal()
    with pytest.raises(ClientError) as raised:
        yield refusal
    answer = raised.value.response
    refusal.answer = answer
    refusal.code = answer["Error"]["Code"]
    refusal.message = answer["Error"]["Message"]
    refusal.status = answer["ResponseMetadata"]["HTTPStatusCode"]
    refusal.request_id = answer["ResponseMetadata"].get("RequestId")
    assert refusal.code == code, answer
    if status is not None:
        assert refusal.status == status, answer
