"""Every protocol over a socket, and what each makes of bad input. After each, the server serves on."""

import gzip
import json

import cbor2
import pytest

import raw
from harness import Credentials
from policies import allow, document
from refusals import refused

MEBIBYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def the_server_serves_on(server, root):
    """Whatever a test sent, the next well-formed call is answered."""
    yield
    assert server.client("sts", root).get_caller_identity()["Account"] == root.key


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A server that takes bodies of a mebibyte at most."""
    from harness import Server

    one = Server(tmp_path_factory.mktemp("narrow") / "data", options=("--max-body-bytes", str(MEBIBYTE))).start()
    yield one
    one.end()


def last(server, root, region="us-east-1", **attribute):
    """The newest record of a look-up."""
    found = server.records(root, region, **attribute)
    assert found, f"no event with {attribute}"
    return found[0]


class TestQuery:
    def test_iam_answers_in_xml_with_the_request_s_id(self, server, root):
        reply = raw.query("iam", "CreateUser", UserName="dave").signed(server, root).send(server)
        assert reply.status == 200
        assert reply.content_type == "text/xml"
        text = reply.body.decode()
        assert '<CreateUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">' in text
        assert f"<RequestId>{reply.request_id}</RequestId>" in text
        assert last(server, root, EventName="CreateUser")["requestID"] == reply.request_id

    def test_boto3_makes_and_reads_a_user(self, server, root):
        iam = server.client("iam", root)
        made = iam.create_user(UserName="dave", Tags=[{"Key": "team", "Value": "a<b>&c"}])["User"]
        got = iam.get_user(UserName="dave")["User"]
        assert got == made
        assert got["Tags"] == [{"Key": "team", "Value": "a<b>&c"}]

    def test_parameters_may_stand_in_the_address(self, server, root):
        reply = raw.query_get("sts", "GetCallerIdentity").signed(server, root).send(server)
        assert reply.status == 200
        assert f"<Account>{root.key}</Account>" in reply.body.decode()

    def test_an_error_is_an_xml_document(self, server, root):
        reply = raw.query("iam", "GetUser", UserName="ghost").signed(server, root).send(server)
        assert (reply.status, reply.content_type, reply.code) == (404, "text/xml", "NoSuchEntity")
        text = reply.body.decode()
        assert "<ErrorResponse xmlns=" in text
        assert "<Type>Sender</Type>" in text
        assert f"<RequestId>{reply.request_id}</RequestId>" in text

    def test_cloudwatch_speaks_query_too(self, server, root):
        reply = raw.query("monitoring", "DescribeAlarms", MaxRecords="5").signed(server, root).send(server)
        assert (reply.status, reply.code) == (501, "NotImplemented")
        record = last(server, root, EventName="DescribeAlarms")
        assert record["eventSource"] == "monitoring.amazonaws.com"
        assert record["errorCode"] == "NotImplementedException"
        assert record["requestParameters"] == {"maxRecords": 5}


class TestJson:
    @pytest.mark.parametrize("prefix", [raw.CLOUDTRAIL_TARGET, "CloudTrail_20131101"])
    def test_cloudtrail_takes_both_target_prefixes(self, server, root, prefix):
        reply = raw.lookup_events({"MaxResults": 1}, prefix).signed(server, root).send(server)
        assert reply.status == 200
        assert reply.content_type == "application/x-amz-json-1.1"
        assert reply.request_id
        assert last(server, root, EventName="LookupEvents")["requestParameters"] == {"maxResults": 1}

    def test_times_are_epoch_seconds(self, server, root):
        server.client("iam", root).create_user(UserName="dave")
        reply = raw.lookup_events({}).signed(server, root).send(server)
        assert isinstance(reply.data["Events"][0]["EventTime"], (int, float))

    def test_an_empty_body_is_an_empty_input(self, server, root):
        assert raw.lookup_events(b"").signed(server, root).send(server).status == 200

    def test_an_unbuilt_operation_of_logs_says_so_and_is_recorded(self, server, root):
        with refused("NotImplementedException", 501):
            server.client("logs", root).create_log_group(logGroupName="web", tags={"Team": "Blue"})
        record = last(server, root, EventName="CreateLogGroup")
        assert record["eventSource"] == "logs.amazonaws.com"
        assert record["errorCode"] == "NotImplementedException"
        assert record["readOnly"] is False
        assert record["requestParameters"] == {"logGroupName": "web", "tags": {"Team": "Blue"}}

    def test_cloudwatch_speaks_json_1_0_too(self, server, root):
        request = raw.json_call("monitoring", "GraniteServiceVersion20100801.DescribeAlarms", {"MaxRecords": 5}, "1.0")
        reply = request.signed(server, root).send(server)
        assert (reply.status, reply.content_type) == (501, "application/x-amz-json-1.0")
        assert reply.code == "NotImplementedException"
        assert reply.headers["x-amzn-query-error"] == "NotImplemented;Receiver"
        record = last(server, root, EventName="DescribeAlarms")
        assert record["eventSource"] == "monitoring.amazonaws.com"
        assert record["requestParameters"] == {"maxRecords": 5}


class TestCbor:
    @pytest.mark.parametrize(
        ("call", "event"), [("describe_alarms", "DescribeAlarms"), ("list_metrics", "ListMetrics")], ids=str
    )
    def test_an_unbuilt_operation_of_cloudwatch_says_so_and_is_recorded(self, server, root, call, event):
        cloudwatch = server.client("cloudwatch", root)
        sent = []
        cloudwatch.meta.events.register("before-send", lambda request, **_: sent.append(request))
        with refused("NotImplemented", 501) as refusal:
            getattr(cloudwatch, call)()
        assert sent[0].headers["smithy-protocol"] in (b"rpc-v2-cbor", "rpc-v2-cbor")
        assert refusal.answer["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/cbor"
        record = last(server, root, EventName=event)
        assert record["eventSource"] == "monitoring.amazonaws.com"
        assert record["errorCode"] == "NotImplementedException"
        assert record["readOnly"] is True
        assert record["requestID"] == refusal.request_id

    def test_the_error_is_a_cbor_map_with_the_protocol_s_headers(self, server, root):
        reply = raw.cbor_call("DescribeAlarms", {"MaxRecords": 5}).signed(server, root).send(server)
        assert (reply.status, reply.content_type) == (501, "application/cbor")
        assert reply.headers["smithy-protocol"] == "rpc-v2-cbor"
        assert reply.headers["x-amzn-query-error"] == "NotImplemented;Receiver"
        assert reply.code == "NotImplementedException"
        assert "DescribeAlarms" in reply.message
        assert last(server, root, EventName="DescribeAlarms")["requestParameters"] == {"maxRecords": 5}

    def test_maps_and_lists_of_unknown_length_are_read(self, server, root):
        # {_ "AlarmNames": [_ "a"]}
        body = b"\xbf" + cbor2.dumps("AlarmNames") + b"\x9f" + cbor2.dumps("a") + b"\xff\xff"
        assert raw.cbor_call("DescribeAlarms", body).signed(server, root).send(server).status == 501
        assert last(server, root, EventName="DescribeAlarms")["requestParameters"] == {"alarmNames": ["a"]}


class TestRestJson:
    def test_an_unbuilt_operation_of_cloudtrail_data_says_so(self, server, root):
        channel = f"arn:aws:cloudtrail:us-east-1:{root.key}:channel/11111111-2222-4333-8444-555555555555"
        with refused("NotImplementedException", 501):
            server.client("cloudtrail-data", root).put_audit_events(
                auditEvents=[{"id": "1", "eventData": "{}"}], channelArn=channel
            )

    def test_a_data_event_stays_out_of_event_history(self, server, root):
        channel = f"arn:aws:cloudtrail:us-east-1:{root.key}:channel/11111111-2222-4333-8444-555555555555"
        with refused("NotImplementedException"):
            server.client("cloudtrail-data", root).put_audit_events(
                auditEvents=[{"id": "1", "eventData": "{}"}], channelArn=channel
            )
        assert server.records(root, EventName="PutAuditEvents") == []


class TestCompressedAndChunked:
    def gzipped(self, request):
        request.body = gzip.compress(request.body)
        request.headers["Content-Encoding"] = "gzip"
        return request

    def test_a_gzipped_form_is_read(self, server, root):
        request = self.gzipped(raw.query("iam", "CreateUser", UserName="dave"))
        assert request.signed(server, root).send(server).status == 200
        assert last(server, root, EventName="CreateUser")["requestParameters"] == {"userName": "dave"}

    def test_gzipped_json_is_read(self, server, root):
        request = self.gzipped(raw.lookup_events({"MaxResults": 3}))
        assert request.signed(server, root).send(server).status == 200
        assert last(server, root, EventName="LookupEvents")["requestParameters"] == {"maxResults": 3}

    def test_gzipped_cbor_is_read(self, server, root):
        request = self.gzipped(raw.cbor_call("DescribeAlarms", {"MaxRecords": 3}))
        assert request.signed(server, root).send(server).status == 501
        assert last(server, root, EventName="DescribeAlarms")["requestParameters"] == {"maxRecords": 3}

    def test_boto3_s_compressed_metrics_are_read(self, server, root):
        cloudwatch = server.client("cloudwatch", root, request_min_compression_size_bytes=0)
        with refused("NotImplemented", 501):
            cloudwatch.put_metric_data(Namespace="web", MetricData=[{"MetricName": "hits", "Value": 1.0}])

    def test_a_body_in_chunks_is_read(self, server, root):
        request = raw.query("iam", "CreateUser", UserName="dave").signed(server, root)
        connection = raw.connect(server)
        chunks = (request.body[at : at + 7] for at in range(0, len(request.body), 7))
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        connection.request("POST", "/", body=chunks, headers=headers, encode_chunked=True)
        assert connection.getresponse().status == 200
        connection.close()

    def test_a_body_that_does_not_decompress_is_malformed(self, server, root):
        request = raw.cbor_call("DescribeAlarms", b"this is not gzip")
        request.headers["Content-Encoding"] = "gzip"
        reply = request.signed(server, root).send(server)
        assert (reply.status, reply.code) == (400, "MalformedHttpRequestException")

    def test_a_gzip_cut_short_is_malformed(self, server, root):
        request = self.gzipped(raw.lookup_events({"MaxResults": 3}))
        request.body = request.body[:-6]
        reply = request.signed(server, root).send(server)
        assert (reply.status, reply.code) == (400, "MalformedHttpRequestException")

    def test_an_unknown_encoding_is_refused(self, server, root):
        request = raw.lookup_events({})
        request.headers["Content-Encoding"] = "rot13"
        assert request.signed(server, root).send(server).status in (400, 415)

    def test_a_body_that_expands_past_the_limit_is_refused(self, narrow, root):
        request = raw.lookup_events(b"")
        request.body = gzip.compress(b" " * (256 * MEBIBYTE), compresslevel=1)
        if len(request.body) > MEBIBYTE:
            request.body = gzip.compress(b" " * (256 * MEBIBYTE), compresslevel=9)
        assert len(request.body) < MEBIBYTE
        request.headers["Content-Encoding"] = "gzip"
        reply = request.signed(narrow, root).send(narrow)
        assert (reply.status, reply.code) == (413, "RequestEntityTooLarge")
        assert narrow.client("sts", root).get_caller_identity()["Account"] == root.key


class TestTooLarge:
    def test_a_body_over_the_limit_is_refused_before_it_is_read(self, narrow, root):
        request = raw.lookup_events(b"").signed(narrow, root)
        connection = raw.connect(narrow)
        connection.putrequest("POST", "/")
        for name, value in {**request.headers, "Content-Length": str(50 * MEBIBYTE)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        reply = raw.Reply.of(connection.getresponse())
        connection.close()
        assert (reply.status, reply.code) == (413, "RequestEntityTooLarge")

    def test_chunks_over_the_limit_are_refused(self, narrow, root):
        request = raw.lookup_events(b"").signed(narrow, root)
        connection = raw.connect(narrow)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        try:
            connection.request("POST", "/", body=(b" " * 65536 for _ in range(32)), headers=headers, encode_chunked=True)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The answer came before all was sent; it is read all the same.
        assert connection.getresponse().status == 413
        connection.close()

    def test_a_body_just_within_the_limit_is_read(self, narrow, root):
        body = json.dumps({"MaxResults": 1}).encode()
        padded = body + b" " * (MEBIBYTE - len(body))
        assert raw.lookup_events(padded).signed(narrow, root).send(narrow).status == 200

    def test_a_refused_query_form_is_refused_in_xml(self, narrow, root):
        request = raw.query("iam", "CreateUser", UserName="x" * (2 * MEBIBYTE)).signed(narrow, root)
        try:
            reply = request.send(narrow)
        except (BrokenPipeError, ConnectionResetError):
            pytest.fail("the connection was cut before the answer could be read")
        assert (reply.status, reply.content_type) == (413, "text/xml")
        assert narrow.records(root, EventName="CreateUser") == [] or narrow.records(root, EventName="CreateUser")[0]["errorCode"]


class TestMalformed:
    @pytest.mark.parametrize(
        "body",
        [b"{", b"[]", b'"text"', b"{'single': 1}", b"\xff\xfe", b'{"MaxResults":1} trailing', b"[" * 100_000],
        ids=["cut", "list", "text", "quotes", "no text", "trailing", "deep"],
    )
    def test_what_is_no_json_object_is_a_serialization_error(self, server, root, body):
        reply = raw.lookup_events(body).signed(server, root).send(server)
        assert (reply.status, reply.code) == (400, "SerializationException")
        record = last(server, root, EventName="LookupEvents")
        assert record["errorCode"] == "SerializationException"
        assert record["requestParameters"] is None

    @pytest.mark.parametrize(
        "body",
        [{"MaxResults": "ten"}, {"MaxResults": [1]}, {"LookupAttributes": {}}, {"StartTime": True}, {"NextToken": {}}],
        ids=json.dumps,
    )
    def test_a_json_member_of_the_wrong_type_is_a_serialization_error(self, server, root, body):
        reply = raw.lookup_events(body).signed(server, root).send(server)
        assert (reply.status, reply.code) == (400, "SerializationException")

    @pytest.mark.parametrize(
        "body",
        [b"\xa1", b"\x80", b"\xa1\x61", b"\xbf", b"\x9f" * 100_000, cbor2.dumps({"MaxRecords": "five"}), cbor2.dumps([1])],
        ids=["cut map", "list", "cut key", "endless", "deep", "wrong type", "list of one"],
    )
    def test_bad_cbor_is_a_serialization_error_in_cbor(self, server, root, body):
        reply = raw.cbor_call("DescribeAlarms", body).signed(server, root).send(server)
        assert (reply.status, reply.content_type, reply.code) == (400, "application/cbor", "SerializationException")
        assert last(server, root, EventName="DescribeAlarms")["requestParameters"] is None

    def test_a_form_without_an_action_is_refused_in_xml(self, server, root):
        request = raw.query("iam", "ListUsers")
        request.body = b"Version=2010-05-08"
        reply = request.signed(server, root).send(server)
        assert (reply.status, reply.content_type, reply.code) == (400, "text/xml", "MissingAction")

    def test_a_number_that_is_none_is_refused(self, server, root):
        reply = raw.query("iam", "ListUsers", MaxItems="ten").signed(server, root).send(server)
        assert (reply.status, reply.content_type) == (400, "text/xml")
        assert reply.code
        assert last(server, root, EventName="ListUsers")["errorCode"]

    def test_a_form_with_broken_escapes_is_answered(self, server, root):
        request = raw.query("iam", "ListUsers")
        request.body = b"Action=ListUsers&Version=2010-05-08&PathPrefix=%zz%f"
        assert request.signed(server, root).send(server).status in (200, 400)

    def test_a_list_of_huge_index_is_answered(self, server, root):
        request = raw.query("iam", "CreateUser", UserName="dave", **{"Tags.member.4000000000.Key": "a"})
        assert request.signed(server, root).send(server).status == 400

    def test_http_that_is_none_is_refused(self, server):
        connection = raw.connect(server)
        connection.connect()
        connection.sock.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        assert connection.sock.recv(64).startswith((b"HTTP/1.1 400", b""))
        connection.close()

    def test_a_connection_cut_in_a_body_harms_nobody(self, server, root):
        request = raw.query("iam", "CreateUser", UserName="dave").signed(server, root)
        connection = raw.connect(server)
        connection.putrequest("POST", "/")
        for name, value in {**request.headers, "Content-Length": "1000"}.items():
            connection.putheader(name, value)
        connection.endheaders(b"Action=")
        connection.close()


class TestConstraints:
    def call(self, server, root, action, **parameters):
        return raw.query("iam", action, **parameters).signed(server, root).send(server)

    def test_a_missing_member_is_named_in_aws_s_words(self, server, root):
        reply = self.call(server, root, "CreateUser")
        assert (reply.status, reply.code) == (400, "ValidationError")
        assert reply.message == (
            "1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null"
        )
        record = last(server, root, EventName="CreateUser")
        assert record["errorCode"] in ("ValidationError", "ValidationException")
        assert record["errorMessage"] == reply.message

    def test_a_member_that_is_too_long_is_named_in_aws_s_words(self, server, root):
        name = "x" * 65
        reply = self.call(server, root, "CreateUser", UserName=name)
        assert (reply.status, reply.code) == (400, "ValidationError")
        assert reply.message == (
            f"1 validation error detected: Value '{name}' at 'userName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64"
        )

    def test_every_broken_constraint_is_counted(self, server, root):
        reply = self.call(server, root, "CreateUser", UserName="a b " * 20)
        assert reply.status == 400
        assert reply.message.startswith("2 validation errors detected: ")

    def test_a_number_out_of_range_is_named(self, server, root):
        reply = self.call(server, root, "ListUsers", MaxItems="1001")
        assert (reply.status, reply.code) == (400, "ValidationError")
        assert "at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000" in reply.message

    def test_a_value_outside_its_enumeration_is_named(self, server, root):
        reply = self.call(server, root, "UpdateAccessKey", UserName="dave", AccessKeyId="A" * 20, Status="Sleepy")
        assert (reply.status, reply.code) == (400, "ValidationError")
        assert "at 'status' failed to satisfy constraint: Member must satisfy enum value set" in reply.message

    def test_a_refused_input_changes_nothing(self, server, root):
        self.call(server, root, "CreateUser", UserName="x" * 65)
        assert server.client("iam", root).list_users()["Users"] == []


class TestUnknown:
    def test_an_unknown_action_is_invalid(self, server, root):
        reply = raw.query("iam", "FlyToTheMoon").signed(server, root).send(server)
        assert (reply.status, reply.content_type, reply.code) == (400, "text/xml", "InvalidAction")
        assert "FlyToTheMoon" in reply.message
        record = last(server, root, EventName="FlyToTheMoon")
        assert record["eventSource"] == "iam.amazonaws.com"
        assert record["errorCode"] == "InvalidAction"
        assert record["requestParameters"] is None

    def test_an_unknown_version_is_refused(self, server, root):
        reply = raw.query("iam", "ListUsers", version="1999-01-01").signed(server, root).send(server)
        assert (reply.status, reply.content_type) == (400, "text/xml")
        assert reply.code in ("InvalidAction", "NoSuchVersion")

    @pytest.mark.parametrize("suffix", [".FlyToTheMoon", ".LookupEvents.More", ".", ""])
    def test_an_unknown_target_is_an_unknown_operation(self, server, root, suffix):
        reply = raw.json_call("cloudtrail", raw.CLOUDTRAIL_TARGET + suffix, {}).signed(server, root).send(server)
        assert (reply.status, reply.code) == (400, "UnknownOperationException")

    def test_an_unknown_operation_by_a_known_caller_is_recorded(self, server, root):
        raw.json_call("cloudtrail", f"{raw.CLOUDTRAIL_TARGET}.FlyToTheMoon", {}).signed(server, root).send(server)
        record = last(server, root, EventName="FlyToTheMoon")
        assert record["eventSource"] == "cloudtrail.amazonaws.com"
        assert record["errorCode"] == "UnknownOperationException"

    def test_an_unknown_cbor_operation_is_an_unknown_operation(self, server, root):
        reply = raw.cbor_call("FlyToTheMoon", {}).signed(server, root).send(server)
        assert (reply.status, reply.content_type, reply.code) == (404, "application/cbor", "UnknownOperationException")

    def test_an_unknown_cbor_service_is_an_unknown_operation(self, server, root):
        reply = raw.cbor_call("DescribeAlarms", {}, "NoSuchService").signed(server, root).send(server)
        assert (reply.status, reply.code) == (404, "UnknownOperationException")

    def test_a_service_that_is_not_served_is_refused(self, server, root):
        with refused("UnknownOperationException") as refusal:
            server.client("dynamodb", root).list_tables()
        assert 400 <= refusal.status < 500

    def test_a_path_that_no_operation_has_is_refused(self, server, root):
        request = raw.Request("cloudtrail-data", "POST", "/FlyToTheMoon", {"Content-Type": "application/json"}, b"{}")
        reply = request.signed(server, root).send(server)
        assert reply.status in (400, 403, 404)

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
    def test_a_method_that_no_operation_has_is_refused(self, server, root, method):
        request = raw.Request("iam", method, "/", {}, b"")
        assert 400 <= request.signed(server, root).send(server).status < 500

    def test_an_operation_in_another_service_s_protocol_is_refused(self, server, root):
        as_form = raw.query("cloudtrail", "LookupEvents", version="2013-11-01").signed(server, root).send(server)
        assert 400 <= as_form.status < 500
        as_json = raw.json_call("iam", "AWSIdentityManagementV20100508.ListUsers", {}).signed(server, root).send(server)
        assert 400 <= as_json.status < 500


class TestUnsigned:
    @pytest.mark.parametrize(
        ("request_of", "status", "code"),
        [
            (lambda: raw.query("iam", "ListUsers"), 403, "MissingAuthenticationToken"),
            (lambda: raw.lookup_events({}), 403, "MissingAuthenticationToken"),
            (lambda: raw.cbor_call("DescribeAlarms", {}), 403, "MissingAuthenticationToken"),
        ],
        ids=["query", "json", "cbor"],
    )
    def test_an_unsigned_call_is_refused_in_its_protocol(self, server, request_of, status, code):
        reply = request_of().send(server)
        assert reply.status == status
        # The JSON and CBOR forms may carry the shape's name, which ends in `Exception`.
        assert reply.code.removesuffix("Exception") == code
        assert reply.message == "Request is missing Authentication Token"

    def test_an_unsigned_call_is_an_event_of_nobody(self, server):
        request_id = raw.query("iam", "ListGroups").send(server).request_id
        found = [record for record in server.records(EventName="ListGroups") if record["requestID"] == request_id]
        assert len(found) == 1
        assert found[0]["userIdentity"]["type"] == "Unknown"
        assert "accessKeyId" not in found[0]["userIdentity"]
        assert found[0]["errorCode"].startswith("MissingAuthenticationToken")
        assert found[0]["requestParameters"] is None

    def test_a_request_for_no_service_at_all_is_refused(self, server):
        assert 400 <= raw.Request("none", "GET", "/", {}, b"").send(server).status < 500


class TestKeepAlive:
    def test_one_connection_serves_many_calls_good_and_bad(self, server, root):
        connection = raw.connect(server)
        for number in range(20):
            request = raw.lookup_events({} if number % 2 else b"{").signed(server, root)
            connection.request("POST", "/", body=request.body, headers=request.headers)
            reply = raw.Reply.of(connection.getresponse())
            assert reply.status == (200 if number % 2 else 400)
        connection.close()

    def test_many_clients_at_once_are_served(self, server, root):
        import concurrent.futures

        policy = document(allow("iam:*"))

        def make(number):
            iam = server.client("iam", Credentials(root.key, "test"))
            iam.create_user(UserName=f"user-{number}")
            iam.put_user_policy(UserName=f"user-{number}", PolicyName="inline", PolicyDocument=policy)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(make, range(24)))
        assert len(server.client("iam", root).list_users()["Users"]) == 24
        assert len(server.records(root, EventName="CreateUser")) == 24
        assert len(server.records(root, EventName="PutUserPolicy")) == 24
