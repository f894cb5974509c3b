"""Objects on their way through the gateway: an upstream takes no body for whole that did not come whole or is not the one
that was signed, and conditions and ranges pass in both directions."""

import base64
import binascii
import hashlib
import threading

import pytest

from gateway_raw import TIMEOUT_SECONDS, signed
from harness import Credentials, Server
from lake import query
from policies import allow, document
from scripted_upstream import Conversation, ScriptedUpstream, ask, until

ACCOUNT = "210000000062"
ROOT = Credentials(ACCOUNT, "test")
# More than is read before the rest is sent on, and more than sockets hold.
LONG = b"0123456789abcdef" * (1 << 18)
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@pytest.fixture(scope="module")
def upstream():
    one = ScriptedUpstream()
    yield one
    one.close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, upstream):
    """A server whose S3 is the scripted upstream, with an event data store of all that is done to objects."""
    one = Server(tmp_path_factory.mktemp("uploads") / "data", options=("--upstream", f"s3={upstream.url}")).start()
    selectors = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ]
    made = one.client("cloudtrail", ROOT).create_event_data_store(
        Name="objects", AdvancedEventSelectors=[{"FieldSelectors": selectors}], TerminationProtectionEnabled=False
    )
    one.store = made["EventDataStoreArn"].rsplit("/", 1)[-1]
    yield one
    one.end()


@pytest.fixture(autouse=True)
def upstream_is_well(gateway, upstream):
    """Before each test the upstream answers once, so that failures of several tests are none in a row."""
    upstream.play(lambda exchange: exchange.answer())
    assert ask(gateway, signed(ROOT, "s3", "GET", "/b/well"))[0] == 200


def recorded(gateway, key):
    """Name and error's code of what was done to an object."""
    rows = query(
        gateway.client("cloudtrail", ROOT),
        f"SELECT eventName, errorCode FROM {gateway.store} WHERE element_at(requestParameters, 'key') = '{key}'",
    )
    return [(row["eventName"], row["errorCode"] or None) for row in rows]


def take(exchange):
    """Reads the body, and answers when it came whole."""
    body = exchange.body()
    if body is not None:
        exchange.answer(headers=['ETag: "e"'], body=b"")
    return body


def put(key, body, headers=(), **how):
    return signed(ROOT, "s3", "PUT", f"/b/{key}", list(headers), body, **how)


def test_a_long_body_passes_byte_for_byte(gateway, upstream):
    upstream.play(take)
    assert ask(gateway, put("whole", LONG))[0] == 200
    assert upstream.last() == LONG
    assert recorded(gateway, "whole") == [("PutObject", None)]


def test_a_long_body_that_is_not_the_signed_one_never_arrives_whole(gateway, upstream):
    upstream.play(take)
    status, _, said = ask(gateway, put("another", LONG, hashed=hashlib.sha256(b"another").hexdigest()))
    assert status == 400 and b"<Code>XAmzContentSHA256Mismatch</Code>" in said
    assert upstream.last() is None
    assert recorded(gateway, "another") == [("PutObject", "XAmzContentSHA256Mismatch")]


def test_a_caller_that_hangs_up_in_an_upload_leaves_no_whole_request_but_an_event(gateway, upstream):
    begun = threading.Event()

    def script(exchange):
        begun.set()
        return take(exchange)

    upstream.play(script)
    conversation = Conversation(gateway).send(put("left", LONG)[: len(LONG) // 2])
    assert begun.wait(TIMEOUT_SECONDS)
    conversation.hang_up()
    assert upstream.last() is None
    until(lambda: recorded(gateway, "left") == [("PutObject", "IncompleteBody")])


# -- aws-chunked ---------------------------------------------------------------------------


def framed(body, trailer, piece_bytes=1 << 16):
    """A body in the framing aws-chunked, unsigned, with a checksum in its trailer."""
    pieces = [body[at : at + piece_bytes] for at in range(0, len(body), piece_bytes)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return chunks + b"0\r\nx-amz-checksum-crc32:" + trailer + b"\r\n\r\n"


def crc32(body):
    return base64.b64encode(binascii.crc32(body).to_bytes(4, "big"))


def put_framed(key, body, trailer, decoded_bytes):
    headers = [
        ("Content-Encoding", "aws-chunked"),
        ("X-Amz-Decoded-Content-Length", str(decoded_bytes)),
        ("X-Amz-Trailer", "x-amz-checksum-crc32"),
    ]
    return put(key, framed(body, trailer), headers, hashed=UNSIGNED_TRAILER)


def test_the_framing_of_chunks_is_taken_off(gateway, upstream):
    upstream.play(take)
    assert ask(gateway, put_framed("framed", LONG, crc32(LONG), len(LONG)))[0] == 200
    assert upstream.last() == LONG
    [exchange] = upstream.seen
    assert "aws-chunked" not in exchange.headers.get("content-encoding", "")
    assert not {"x-amz-trailer", "x-amz-decoded-content-length"} & exchange.headers.keys()


@pytest.mark.parametrize(
    "key, trailer, decoded_bytes",
    [
        ("wrong-checksum", crc32(b"another"), len(LONG)),
        ("too-short", crc32(LONG), len(LONG) + 1),
        ("too-long", crc32(LONG), len(LONG) - 1),
    ],
)
def test_chunks_that_are_not_as_they_say_never_arrive_whole(gateway, upstream, key, trailer, decoded_bytes):
    upstream.play(take)
    assert ask(gateway, put_framed(key, LONG, trailer, decoded_bytes))[0] == 400
    assert upstream.last() is None
    [(name, code)] = recorded(gateway, key)
    assert name == "PutObject" and code


def test_checksums_as_boto3_sends_them_pass(gateway, upstream):
    upstream.play(take)
    gateway.client("s3", ROOT, s3={"addressing_style": "path"}).put_object(Bucket="b", Key="boto", Body=LONG)
    assert upstream.last() == LONG
    assert upstream.seen[0].headers["x-amz-checksum-crc32"] == crc32(LONG).decode()


# -- before the body -----------------------------------------------------------------------


def expecting(credentials, key="expected", body=LONG):
    """Head of a request that is asked for its body first."""
    raw = signed(credentials, "s3", "PUT", f"/b/{key}", [("Expect", "100-continue")], body)
    return raw[: raw.index(b"\r\n\r\n") + 4]


def test_a_client_that_waits_is_told_to_go_on(gateway, upstream):
    upstream.play(take)
    conversation = Conversation(gateway).send(expecting(ROOT))
    assert conversation.line() == b"HTTP/1.1 100 Continue\r\n"
    assert conversation.line() == b"\r\n"
    answer = conversation.send(LONG).answer("PUT")
    assert (answer.status, answer.read()) == (200, b"")
    assert upstream.last() == LONG


def test_who_is_denied_is_told_before_the_body_is_sent(gateway, upstream):
    iam = gateway.client("iam", ROOT)
    iam.create_user(UserName="reader")
    policy = document(allow("s3:GetObject"))
    iam.put_user_policy(UserName="reader", PolicyName="inline", PolicyDocument=policy)
    reader = Credentials.of(iam.create_access_key(UserName="reader")["AccessKey"])
    upstream.play(take)
    conversation = Conversation(gateway).send(expecting(reader, "denied"))
    assert conversation.line().startswith(b"HTTP/1.1 403 ")
    assert upstream.seen == []
    assert recorded(gateway, "denied") == [("PutObject", "AccessDenied")]


def test_an_upstream_may_answer_before_the_body_has_come(gateway, upstream):
    refusal = b"<Error><Code>SlowDown</Code><Message>later</Message></Error>"

    def script(exchange):
        exchange.answer("503 Slow Down", ["Content-Type: application/xml"], refusal)
        return exchange.body()

    upstream.play(script)
    raw = put("early", LONG)
    conversation = Conversation(gateway).send(raw[: len(raw) // 2])
    answer = conversation.answer("PUT")
    assert (answer.status, answer.read()) == (503, refusal)
    conversation.hang_up()
    assert recorded(gateway, "early") == [("PutObject", "SlowDown")]


# -- answers -------------------------------------------------------------------------------


def test_an_answer_to_head_has_the_length_of_what_it_does_not_hold(gateway, upstream):
    def script(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5000000\r\nETag: \"e\"\r\n\r\n")

    upstream.play(script)
    conversation = Conversation(gateway).send(signed(ROOT, "s3", "HEAD", "/b/head"))
    answer = conversation.answer("HEAD")
    assert (answer.status, answer.getheader("Content-Length"), answer.getheader("ETag")) == (200, "5000000", '"e"')
    # The connection is good for another call, which a body would have spoilt.
    conversation.send(signed(ROOT, "s3", "HEAD", "/b/head"))
    assert conversation.answer("HEAD").status == 200
    assert recorded(gateway, "head") == [("HeadObject", None)] * 2


def test_what_is_not_modified_has_no_body_and_is_no_error(gateway, upstream):
    upstream.play(lambda exchange: exchange.send(b"HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\nConnection: close\r\n\r\n"))
    raw = signed(ROOT, "s3", "GET", "/b/same", [("If-None-Match", '"e"')])
    status, headers, body = ask(gateway, raw)
    assert (status, headers["etag"], body) == (304, '"e"', b"")
    assert upstream.seen[0].headers["if-none-match"] == '"e"'
    assert recorded(gateway, "same") == [("GetObject", None)]


def test_a_condition_that_does_not_hold_passes_with_its_code(gateway, upstream):
    body = b"<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>"
    upstream.play(lambda exchange: exchange.answer("412 Precondition Failed", body=body))
    status, _, said = ask(gateway, put("condition", b"x", [("If-None-Match", "*")]))
    assert (status, said) == (412, body)
    assert upstream.seen[0].headers["if-none-match"] == "*"
    assert recorded(gateway, "condition") == [("PutObject", "PreconditionFailed")]


def test_ranges_pass(gateway, upstream):
    part = ["Content-Range: bytes 2-3/9", "Accept-Ranges: bytes"]
    upstream.play(lambda exchange: exchange.answer("206 Partial Content", part, b"cd"))
    raw = signed(ROOT, "s3", "GET", "/b/part", [("Range", "bytes=2-3"), ("If-Range", '"e"')])
    status, headers, body = ask(gateway, raw)
    assert (status, headers["content-range"], headers["accept-ranges"], body) == (206, "bytes 2-3/9", "bytes", b"cd")
    assert upstream.seen[0].headers["range"] == "bytes=2-3"
    assert upstream.seen[0].headers["if-range"] == '"e"'
