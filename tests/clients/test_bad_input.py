"""What every protocol makes of bad input. After each, the server serves on."""

import json

import cbor2
import pytest

import raw
from harness import MEBIBYTE
from observe import last
from refusals import refused

pytestmark = pytest.mark.usefixtures("the_server_serves_on")


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
        assert (reply.status, reply.code.removesuffix("Exception")) == (413, "RequestEntityTooLarge")

    def test_chunks_over_the_limit_are_refused(self, narrow, root):
        request = raw.lookup_events(b"").signed(narrow, root)
        connection = raw.connect(narrow)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        try:
            connection.request(
                "POST", "/", body=(b" " * 65536 for _ in range(32)), headers=headers, encode_chunked=True
            )
        except (BrokenPipeError, ConnectionResetError):
            pass  # The answer came before all was sent; it is read all the same.
        assert connection.getresponse().status == 413
        connection.close()

    def test_a_body_just_within_the_limit_is_read(self, narrow, root):
        body = json.dumps({"MaxResults": 1}).encode()
        padded = body + b" " * (MEBIBYTE - len(body))
        assert raw.lookup_events(padded).signed(narrow, root).send(narrow).status == 200

    def test_boto3_gets_the_answer_and_not_a_broken_connection(self, narrow, root):
        iam = narrow.client("iam", root, parameter_validation=False)
        for mebibytes in (2, 5, 9):
            with refused("RequestEntityTooLarge", 413):
                iam.create_user(UserName="x" * (mebibytes * MEBIBYTE))

    def test_a_refused_query_form_is_refused_in_xml(self, narrow, root):
        request = raw.query("iam", "CreateUser", UserName="x" * (2 * MEBIBYTE)).signed(narrow, root)
        reply = request.send(narrow)
        assert (reply.status, reply.content_type) == (413, "text/xml")
        assert narrow.client("iam", root).list_users()["Users"] == []


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
        [
            b"\xa1",
            b"\x80",
            b"\xa1\x61",
            b"\xbf",
            b"\x9f" * 100_000,
            cbor2.dumps({"MaxRecords": "five"}),
            cbor2.dumps([1]),
        ],
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
        assert (
            "at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000"
            in reply.message
        )

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

    def test_an_unknown_version_is_refused(self, server, root):
        reply = raw.query("iam", "ListUsers", version="1999-01-01").signed(server, root).send(server)
        assert (reply.status, reply.content_type) == (400, "text/xml")
        assert reply.code in ("InvalidAction", "NoSuchVersion")

    @pytest.mark.parametrize("suffix", [".FlyToTheMoon", ".LookupEvents.More", ".", ""])
    def test_an_unknown_target_is_an_unknown_operation(self, server, root, suffix):
        reply = raw.json_call("cloudtrail", raw.CLOUDTRAIL_TARGET + suffix, {}).signed(server, root).send(server)
        assert (reply.status, reply.code) == (400, "UnknownOperationException")

    def test_what_is_no_operation_is_no_event(self, server, root):
        raw.json_call("cloudtrail", f"{raw.CLOUDTRAIL_TARGET}.FlyToTheMoon", {}).signed(server, root).send(server)
        raw.query("iam", "FlyToTheMoon").signed(server, root).send(server)
        assert server.records(root, EventName="FlyToTheMoon") == []

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
