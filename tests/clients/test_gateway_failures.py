"""What clients and records are told when an upstream is away, slow, broken, or answers in unusual ways."""

import http.client
import threading

import pytest
from botocore.exceptions import ClientError

from gateway_raw import TIMEOUT_SECONDS, signed
from harness import Credentials, Server
from receivers import free_port
from scripted_upstream import Conversation, ScriptedUpstream, ask, until

ROOT = Credentials("210000000061", "test")
LONG_BYTES = 1 << 20

# Service, operation, input, the protocol of the client, the name in records, the code in the answer and in the record.
DIALECTS = {
    "query": ("rds", "describe_db_instances", {}, None, "DescribeDBInstances", "ServiceUnavailable"),
    "ec2": ("ec2", "describe_vpcs", {}, None, "DescribeVpcs", "Server.ServiceUnavailable"),
    "json": ("dynamodb", "list_tables", {}, None, "ListTables", "ServiceUnavailable"),
    "rest-json": ("lambda", "list_functions", {}, None, "ListFunctions20150331", "ServiceUnavailable"),
    "rest-xml": ("route53", "list_hosted_zones", {}, None, "ListHostedZones", "ServiceUnavailable"),
    "s3": ("s3", "list_buckets", {}, None, "ListBuckets", "ServiceUnavailable"),
    "cbor": ("cloudwatch", "list_metrics", {}, "smithy-rpc-v2-cbor", "ListMetrics", "ServiceUnavailable"),
}


@pytest.fixture(scope="module")
def away(tmp_path_factory):
    """A server all of whose upstreams are ports that nobody listens on."""
    names = ["monitoring" if one[0] == "cloudwatch" else one[0] for one in DIALECTS.values()]
    options = [word for name in names for word in ("--upstream", f"{name}=http://a:b@127.0.0.1:{free_port()}")]
    one = Server(tmp_path_factory.mktemp("away") / "data", options=tuple(options)).start()
    yield one
    one.end()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_upstream_that_is_away_is_told_of_in_every_dialect_and_recorded(away, dialect):
    service, operation, given, protocol, name, recorded = DIALECTS[dialect]
    client = away.client(service, ROOT, protocol=protocol)
    with pytest.raises(ClientError) as raised:
        getattr(client, operation)(**given)
    answer = raised.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert answer["Error"]["Code"] == "ServiceUnavailable"
    assert "Connection refused" in answer["Error"]["Message"]
    [record] = away.records(ROOT, EventName=name)
    assert (record["errorCode"], record["errorMessage"]) == (recorded, answer["Error"]["Message"])
    assert record["responseElements"] is None


@pytest.fixture(scope="module")
def upstream():
    one = ScriptedUpstream()
    yield one
    one.close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, upstream):
    """A server that sends all on to the scripted upstream, and waits a second for it."""
    options = ("--upstream", f"{upstream.url}#timeout=1,idle=1", "--upstream", f"s3={upstream.url}#timeout=1,idle=1")
    one = Server(tmp_path_factory.mktemp("scripted") / "data", options=options).start()
    yield one
    one.end()


@pytest.fixture(autouse=True)
def upstream_is_left_well(request):
    """After each test the upstream answers once, so that failures of several tests are none in a row."""
    yield
    if "gateway" in request.fixturenames:
        request.getfixturevalue("upstream").play(lambda exchange: exchange.answer())
        gateway = request.getfixturevalue("gateway")
        assert ask(gateway, listing())[0] == 200


def listing(service="lambda"):
    """A call that reads, of Lambda."""
    return signed(ROOT, service, "GET", "/2015-03-31/functions/")


def newest(gateway, name="ListFunctions20150331", **attribute):
    """The newest record of an operation."""
    return gateway.records(ROOT, EventName=name, **attribute)[0]


def slow_head(exchange):
    return exchange.is_hung_up()


def stalled(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    return exchange.is_hung_up()


def cut(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def cut_in_pieces(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":")


def garbage(exchange):
    exchange.send(b"SSH-2.0-OpenSSH_9.6\r\n")


def nothing(exchange):
    pass


def headers_without_end(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * (4 << 20) + b"\r\n\r\n")


@pytest.mark.parametrize("script", [slow_head, stalled, cut, garbage, nothing, headers_without_end])
def test_an_answer_that_is_none_is_503_and_recorded(gateway, upstream, script):
    upstream.play(script)
    status, headers, body = ask(gateway, listing())
    assert status == 503 and headers["x-amzn-errortype"] == "ServiceUnavailable"
    assert b"it may have been carried out" in body
    assert newest(gateway)["errorCode"] == "ServiceUnavailable"
    assert len(upstream.seen) == 1, "nothing is sent twice"


def test_a_longer_answer_that_breaks_off_is_whole_to_nobody_and_recorded(gateway, upstream):
    upstream.play(cut_in_pieces)
    conversation = Conversation(gateway).send(listing())
    with pytest.raises(http.client.IncompleteRead):
        conversation.answer().read()
    until(lambda: newest(gateway).get("errorCode") == "ServiceUnavailable")


def test_redirects_are_passed_on_without_where_they_lead(gateway, upstream):
    headers = ["Location: http://198.51.100.7/", "Content-Type: application/json"]
    upstream.play(lambda exchange: exchange.answer("307 Temporary Redirect", headers))
    status, headers, body = ask(gateway, listing())
    assert (status, body) == (307, b"{}")
    assert "location" not in headers
    assert len(upstream.seen) == 1, "nobody follows it"


def test_errors_of_the_upstream_pass_as_they_are_with_their_code_recorded(gateway, upstream):
    body = b'{"message":"over","Type":"Server"}'
    headers = ["x-amzn-ErrorType: ServiceException:http://x/", "x-amzn-RequestId: up-5", "Retry-After: 7"]
    upstream.play(lambda exchange: exchange.answer("500 Internal Server Error", headers, body))
    status, headers, said = ask(gateway, listing())
    assert (status, said) == (500, body)
    assert (headers["x-amzn-errortype"], headers["retry-after"]) == ("ServiceException:http://x/", "7")
    record = newest(gateway)
    assert (record["errorCode"], record["errorMessage"], record["requestID"]) == ("ServiceException", "over", "up-5")


def test_headers_of_a_connection_stay_there_and_all_others_pass(gateway, upstream):
    gone = ["Keep-Alive: timeout=5", "Proxy-Authenticate: Basic", "Upgrade: h2c", "Connection: X-Mine", "X-Mine: 1"]
    kept = ["X-Amz-Meta-A: 1", f"X-Long: {'a' * 30000}", *(f"X-Many-{at}: {at}" for at in range(60))]
    upstream.play(lambda exchange: exchange.answer(headers=gone + kept))
    status, headers, _ = ask(gateway, listing())
    assert status == 200
    assert not {"keep-alive", "proxy-authenticate", "upgrade", "x-mine"} & headers.keys()
    assert headers["x-amz-meta-a"] == "1" and len(headers["x-long"]) == 30000 and headers["x-many-59"] == "59"


def test_interim_answers_are_not_taken_for_the_answer(gateway, upstream):
    def script(exchange):
        exchange.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        exchange.answer(body=b'{"Functions":[]}')

    upstream.play(script)
    assert ask(gateway, listing())[::2] == (200, b'{"Functions":[]}')
    assert "errorCode" not in newest(gateway)


def test_an_answer_that_switches_protocols_is_none(gateway, upstream):
    upstream.play(lambda exchange: exchange.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"))
    assert ask(gateway, listing())[0] == 503
    assert newest(gateway)["errorCode"] == "ServiceUnavailable"


def test_pieces_of_an_answer_pass_before_its_end(gateway, upstream):
    goes_on = threading.Event()

    def script(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        goes_on.wait(TIMEOUT_SECONDS)
        exchange.send(b"3\r\ntwo\r\n0\r\n\r\n")

    upstream.play(script)
    answer = Conversation(gateway).send(listing()).answer()
    # The second piece is not sent before the first has come.
    assert answer.read(3) == b"one"
    goes_on.set()
    assert answer.read() == b"two"


def test_a_caller_that_hangs_up_in_a_download_lets_the_upstream_go_and_is_recorded(gateway, upstream):
    def script(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: left-1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        while exchange.send(b"10000\r\n" + b"a" * 0x10000 + b"\r\n"):
            pass
        return "let go"

    upstream.play(script)
    conversation = Conversation(gateway).send(listing())
    assert conversation.answer().read(3) == b"one"
    conversation.hang_up()
    assert upstream.last() == "let go"
    until(lambda: newest(gateway)["requestID"] == "left-1")
