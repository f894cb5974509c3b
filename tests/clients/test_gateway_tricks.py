"""A user whom a policy denies an action cannot have an upstream perform it, however the request is spelled.

Whatever is denied has `closed` or `Terminate` in its name. What the upstream gets must have neither, in any encoding;
and what is recorded as done must be what the upstream got.
"""

import json
import re
import urllib.parse

import cbor2
import pytest

from gateway_raw import KeepingUpstream, send, signed
from policies import allow, document

ACCOUNT_OF_TESTS = "210000000001"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/x-amz-json-1.0")
GET_ITEM = ("X-Amz-Target", "DynamoDB_20120810.GetItem")
OPEN_ITEM = '{"TableName":"open","Key":{"k":{"S":"1"}}}'
OPEN_FORM = b"Action=DescribeVpcs&Version=2016-11-15"

# Name, service, method, target, headers, body, and further arguments of the signer.
TRICKS = {
    "plainly": ("ec2", "POST", "/", [FORM], b"Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-closed"),
    "action twice": ("ec2", "POST", "/", [FORM], b"Action=DescribeVpcs&Action=TerminateInstances"),
    "action in another case too": ("ec2", "POST", "/", [FORM], b"Action=DescribeVpcs&action=TerminateInstances"),
    "action encoded": ("ec2", "POST", "/", [FORM], b"%41ction=%54erminateInstances"),
    "action encoded twice": ("ec2", "POST", "/", [FORM], b"Action=DescribeVpcs&%2541ction=TerminateInstances"),
    "action in lower case": ("ec2", "POST", "/", [FORM], b"Action=terminateinstances"),
    "action with a blank": ("ec2", "POST", "/", [FORM], b"Action=TerminateInstances+"),
    "action with a line's end": ("ec2", "POST", "/", [FORM], b"Action=DescribeVpcs%0d%0aTerminateInstances"),
    "action in URL and form": ("ec2", "POST", "/?Action=TerminateInstances", [FORM], OPEN_FORM),
    "action in the URL of a form of nothing": ("ec2", "POST", "/?Action=TerminateInstances", [FORM], b""),
    "action in the URL with a body in GET": ("ec2", "GET", "/?Action=DescribeVpcs", [FORM], b"Action=TerminateInstances"),
    "semicolon as separator": ("ec2", "POST", "/", [FORM], b"Action=DescribeVpcs;Action=TerminateInstances"),
    "form said to be multipart": (
        "ec2", "POST", "/", [("Content-Type", "multipart/form-data; boundary=b")],
        b'--b\r\nContent-Disposition: form-data; name="Action"\r\n\r\nTerminateInstances\r\n--b--\r\n',
    ),
    "form in UTF-16": ("ec2", "POST", "/", [FORM], "Action=TerminateInstances".encode("utf-16")),
    "form in pieces of gzip": ("ec2", "POST", "/", [FORM, ("Content-Encoding", "gzip")], b"Action=TerminateInstances"),
    "target beside an action": (
        "ec2", "POST", "/", [FORM, ("X-Amz-Target", "AmazonEC2.TerminateInstances")], OPEN_FORM,
    ),
    "content type twice": ("ec2", "POST", "/", [FORM, ("Content-Type", "application/json")], b"Action=TerminateInstances"),
    "method override": ("s3", "GET", "/open/a", [("X-HTTP-Method-Override", "DELETE")], b"", {"marker": "DELETE"}),
    "original URL": ("s3", "GET", "/open/a", [("X-Original-URL", "/closed/a"), ("X-Rewrite-URL", "/closed/a")], b""),
    "forwarded host": ("s3", "GET", "/open/a", [("X-Forwarded-Host", "closed.s3.localhost")], b""),
    "dots in a path": ("s3", "GET", "/open/../closed/a", [], b""),
    "encoded dots in a path": ("s3", "GET", "/open/%2e%2e/closed/a", [], b""),
    "half encoded dots": ("s3", "GET", "/open/.%2E/closed/a", [], b""),
    "encoded slash and dots": ("s3", "GET", "/open/..%2fclosed%2fa", [], b""),
    "dots encoded twice": ("s3", "GET", "/open/%252e%252e/closed/a", [], b""),
    "backslash": ("s3", "GET", "/open/..\\closed\\a", [], b""),
    "empty bucket": ("s3", "GET", "//closed/a", [], b""),
    "encoded slash in the bucket": ("s3", "GET", "/closed%2Fa", [], b""),
    "whole URL as target": ("s3", "GET", "http://127.0.0.1/closed/a", [], b"", {"canonical_path": "/closed/a"}),
    "bucket of the host": ("s3", "GET", "/a", [("Host", "closed.s3.localhost")], b""),
    "bucket of the host in capitals": ("s3", "GET", "/open/a", [("Host", "CLOSED.s3.localhost")], b""),
    "two hosts": ("s3", "GET", "/a", [("Host", "open.s3.localhost"), ("Host", "closed.s3.localhost")], b""),
    "two sub-resources": ("s3", "GET", "/open?location=&policy=closed", [], b""),
    "sub-resource in capitals": ("s3", "PUT", "/open?POLICY=closed", [], b"{}"),
    "copy source": ("s3", "PUT", "/open/a", [("x-amz-copy-source", "/closed/a")], b""),
    "copy source encoded": ("s3", "PUT", "/open/a", [("x-amz-copy-source", "%63losed/a")], b""),
    "copy source with dots": ("s3", "PUT", "/open/a", [("x-amz-copy-source", "open/../closed/a")], b""),
    "copy source twice": (
        "s3", "PUT", "/open/a", [("x-amz-copy-source", "open/a"), ("x-amz-copy-source", "closed/a")], b"",
    ),
    "copy source that is not signed": ("s3", "PUT", "/open/a", [], b"", {"unsigned": [("x-amz-copy-source", "/closed/a")]}),
    "header twice by connection": (
        "dynamodb", "POST", "/", [JSON, GET_ITEM], OPEN_ITEM.encode(),
        {"unsigned": [("Connection", "X-Amz-Target"), ("X-Amz-Target", "DynamoDB_20120810.TerminateAll")]},
    ),
    "keys of several objects": (
        "s3", "POST", "/open?delete=", [], b"<Delete><Object><Key>closed/a</Key></Object></Delete>",
    ),
    "name twice in JSON": ("dynamodb", "POST", "/", [JSON, GET_ITEM], b'{"TableName":"open","TableName":"closed"}'),
    "name twice in JSON, escaped": (
        "dynamodb", "POST", "/", [JSON, GET_ITEM], b'{"TableName":"open","\\u0054ableName":"closed"}',
    ),
    "name in another case too": ("dynamodb", "POST", "/", [JSON, GET_ITEM], b'{"TableName":"open","tablename":"closed"}'),
    "table escaped": ("dynamodb", "POST", "/", [JSON, GET_ITEM], b'{"TableName":"\\u0063losed","Key":{}}'),
    "table by ARN": (
        "dynamodb", "POST", "/", [JSON, GET_ITEM],
        b'{"TableName":"arn:aws:dynamodb:us-east-1:210000000001:table/closed","Key":{}}',
    ),
    "batch with one that is closed": (
        "dynamodb", "POST", "/", [JSON, ("X-Amz-Target", "DynamoDB_20120810.BatchGetItem")],
        b'{"RequestItems":{"open":{"Keys":[]},"closed":{"Keys":[]}}}',
    ),
    "transaction with one that is closed": (
        "dynamodb", "POST", "/", [JSON, ("X-Amz-Target", "DynamoDB_20120810.TransactGetItems")],
        b'{"TransactItems":[{"Get":{"TableName":"open","Key":{}}},{"Get":{"TableName":"closed","Key":{}}}]}',
    ),
    "statement that names a table": (
        "dynamodb", "POST", "/", [JSON, ("X-Amz-Target", "DynamoDB_20120810.ExecuteStatement")],
        b'{"Statement":"SELECT * FROM closed"}',
    ),
    "target of another service": (
        "dynamodb", "POST", "/", [JSON, ("X-Amz-Target", "TrentService.TerminateAll")], OPEN_ITEM.encode(),
    ),
    "target with more dots": (
        "dynamodb", "POST", "/", [JSON, ("X-Amz-Target", "DynamoDB_20120810.GetItem.TerminateAll")], OPEN_ITEM.encode(),
    ),
    "target and RPC": (
        "dynamodb", "POST", "/service/DynamoDB_20120810/operation/TerminateAll",
        [JSON, GET_ITEM, ("smithy-protocol", "rpc-v2-cbor")], OPEN_ITEM.encode(),
    ),
    "target and a path": ("dynamodb", "POST", "/closed", [JSON, GET_ITEM], OPEN_ITEM.encode()),
    "JSON with a mark before it": ("dynamodb", "POST", "/", [JSON, GET_ITEM], b'\xef\xbb\xbf{"TableName":"closed"}'),
    "JSON in UTF-16": ("dynamodb", "POST", "/", [JSON, GET_ITEM], '{"TableName":"closed"}'.encode("utf-16-le")),
    "function by ARN": ("lambda", "GET", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A210000000001%3Afunction%3Aclosed", [], b""),
    "function by part of its ARN": ("lambda", "GET", "/2015-03-31/functions/210000000001%3Afunction%3Aclosed", [], b""),
    "function with a qualifier": ("lambda", "GET", "/2015-03-31/functions/closed%3A1", [], b""),
    "function behind an encoded slash": ("lambda", "GET", "/2015-03-31/functions/open%2F..%2Fclosed", [], b""),
    "function as a wildcard": ("lambda", "GET", "/2015-03-31/functions/*closed", [], b""),
    "function of the path as another in the body": (
        "lambda", "PUT", "/2015-03-31/functions/closed/code", [JSON], b'{"FunctionName":"open","ZipFile":"AA=="}',
    ),
    "function of the path as another in the query string": (
        "lambda", "GET", "/2015-03-31/functions/closed?FunctionName=open", [], b"",
    ),
    "path parameters": ("lambda", "GET", "/2015-03-31/functions/open;x=1/../closed", [], b""),
    "two slashes in a path": ("lambda", "GET", "/2015-03-31//functions/closed", [], b""),
    "path of another version": ("lambda", "DELETE", "/2014-11-13/functions/closed", [], b""),
    "queue by the URL of another host": (
        "sqs", "POST", "/", [JSON, ("X-Amz-Target", "AmazonSQS.SendMessage")],
        b'{"QueueUrl":"http://elsewhere/x/210000000001/closed","MessageBody":"m"}',
    ),
    "queue by name and a slash": (
        "sqs", "POST", "/", [JSON, ("X-Amz-Target", "AmazonSQS.SendMessage")],
        b'{"QueueUrl":"http://h/210000000001/open/closed","MessageBody":"m"}',
    ),
    "queue by the path of old clients": ("sqs", "POST", "/210000000001/closed", [FORM], b"Action=SendMessage&MessageBody=m"),
    "a service's name for another's call": ("lambda", "POST", "/", [FORM], b"Action=TerminateInstances"),
    "length and chunks": (
        "ec2", "POST", "/", [FORM], b"0\r\n\r\nPOST / HTTP/1.1\r\nHost: h\r\n\r\nAction=TerminateInstances",
        {"unsigned": [("Transfer-Encoding", "chunked"), ("Content-Length", "4")]},
    ),
    "folded header": (
        "dynamodb", "POST", "/", [JSON], OPEN_ITEM.encode(),
        {"unsigned": [("X-Amz-Target", "DynamoDB_20120810.GetItem\r\n TerminateAll")]},
    ),
    "nothing in the middle of a name": ("s3", "GET", "/open/a%00/../../closed/a", [], b""),
    "chunks in a frame that lies": (
        "s3", "PUT", "/closed/a", [("Content-Encoding", "aws-chunked"), ("x-amz-decoded-content-length", "1")],
        b"1\r\na\r\n0\r\n\r\n", {"hashed": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
    ),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server before an upstream that keeps everything, and a user who may do a little."""
    from harness import Credentials, Server

    upstream = KeepingUpstream()
    options = ("--upstream", upstream.url, "--upstream", f"s3={upstream.url}")
    server = Server(tmp_path_factory.mktemp("tricks") / "data", options=options).start()
    root = Credentials(ACCOUNT_OF_TESTS, "test")
    iam = server.client("iam", root)
    iam.create_user(UserName="mallory")
    may = document(
        allow("ec2:Describe*"),
        allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::open/open/*"),
        allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::open/a"),
        allow(["s3:GetBucketLocation", "s3:ListBucket"], "arn:aws:s3:::open"),
        allow("dynamodb:*", "arn:aws:dynamodb:*:*:table/open"),
        allow("lambda:*", "arn:aws:lambda:*:*:function:open"),
        allow("sqs:SendMessage", "arn:aws:sqs:*:*:open"),
    )
    iam.put_user_policy(UserName="mallory", PolicyName="little", PolicyDocument=may)
    key = Credentials.of(iam.create_access_key(UserName="mallory")["AccessKey"])
    yield server, upstream, key, root
    server.end()
    upstream.close()


def readings(raw):
    """What a server might read in a request: as it is, decoded from URLs, from JSON's escapes, from CBOR."""
    text = raw.decode("utf-8", "replace")
    found = [text, urllib.parse.unquote_plus(text), urllib.parse.unquote(urllib.parse.unquote(text))]
    found.append(re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text))
    found += [raw.decode("utf-16-le", "replace"), raw[1:].decode("utf-16-le", "replace")]
    body = raw.partition(b"\r\n\r\n")[2]
    try:
        found.append(json.dumps(cbor2.loads(body), default=str))
    except Exception:  # noqa: BLE001 - it is no CBOR
        pass
    return found


@pytest.mark.parametrize("name", TRICKS)
def test_no_spelling_reaches_what_is_denied(world, name):
    server, upstream, key, _ = world
    service, method, target, headers, body, *more = TRICKS[name]
    more = dict(more[0]) if more else {}
    marker = more.pop("marker", None)
    before = len(upstream.requests)
    status = send(server, signed(key, service, method, target, headers, body, **more))
    got = upstream.requests[before:]
    for raw in got:
        for text in readings(raw):
            assert "closed" not in text.lower() and "terminate" not in text.lower(), raw
            assert marker is None or marker not in text, raw
    assert got or status in (0, 400, 403, 404), f"it was answered with {status}"


def test_there_are_enough_tricks_and_the_signer_signs_well(world):
    server, upstream, key, _ = world
    assert len(TRICKS) >= 40
    for service, method, target, headers, body in [
        ("ec2", "POST", "/", [FORM], OPEN_FORM),
        ("dynamodb", "POST", "/", [JSON, GET_ITEM], OPEN_ITEM.encode()),
        ("s3", "GET", "/open/a", [], b""),
        ("s3", "PUT", "/open/open/b%20c", [], b"x"),
        ("lambda", "GET", "/2015-03-31/functions/open", [], b""),
        ("sqs", "POST", "/", [JSON, ("X-Amz-Target", "AmazonSQS.SendMessage")], b'{"QueueUrl":"http://h/210000000001/open"}'),
    ]:
        before = len(upstream.requests)
        assert send(server, signed(key, service, method, target, headers, body)) == 200, (service, target)
        assert len(upstream.requests) == before + 1


def test_what_is_recorded_as_done_is_what_the_upstream_got(world):
    server, upstream, key, root = world
    send(server, signed(key, "ec2", "POST", "/", [FORM], b"Action=TerminateInstances&Version=2016-11-15"))
    send(server, signed(key, "ec2", "POST", "/", [FORM], b"%41ction=Describe%53ubnets&Version=2016-11-15"))
    assert b"Action=DescribeSubnets" in upstream.requests[-1]
    records = [one for one in server.records(root) if one["userIdentity"].get("userName") == "mallory"]
    done = [one for one in records if "errorCode" not in one]
    assert done and all("Terminate" not in one["eventName"] for one in done)
    assert all("closed" not in json.dumps(one["requestParameters"]) for one in done), done
    newest = [(one["eventName"], one.get("errorCode")) for one in records][:2]
    assert ("DescribeSubnets", None) in newest and ("TerminateInstances", "Client.UnauthorizedOperation") in newest
    of_management = [raw for raw in upstream.requests if b"Action=" in raw]
    assert len(of_management) == len([one for one in done if one["eventSource"] == "ec2.amazonaws.com"])
