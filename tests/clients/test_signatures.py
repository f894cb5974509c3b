"""SigV4 in the header and in the address, session tokens, and every way a signature can be wrong."""

import datetime
import hashlib
import json
import urllib.error
import urllib.request
from unittest import mock

import botocore.auth
import pytest

import raw
from harness import SERVER_ACCOUNT, SERVER_ROOT, Credentials
from policies import allow, document, trust
from refusals import refused

DOES_NOT_MATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
BAD_TOKEN = "The security token included in the request is invalid."


def iam_call():
    return raw.query("iam", "ListUsers")


def cloudtrail_call():
    return raw.lookup_events({})


def cloudwatch_call():
    return raw.cbor_call("DescribeAlarms", {})


def logs_call():
    return raw.json_call("logs", "Logs_20140328.DescribeLogGroups", {})


# Each protocol: a call, its event, and the protocol's names for a bad signature and an unknown key.
PROTOCOLS = pytest.mark.parametrize(
    ("call", "event", "bad_signature", "unknown_key"),
    [
        (iam_call, "ListUsers", "SignatureDoesNotMatch", "InvalidClientTokenId"),
        (cloudtrail_call, "LookupEvents", "InvalidSignatureException", "UnrecognizedClientException"),
        (cloudwatch_call, "DescribeAlarms", "InvalidSignatureException", "UnrecognizedClientException"),
        (logs_call, "DescribeLogGroups", "InvalidSignatureException", "UnrecognizedClientException"),
    ],
    ids=["query", "json", "cbor", "logs"],
)


def event_of(server, credentials, reply, **attribute):
    """The record of one answered call."""
    found = [record for record in server.records(credentials, **attribute) if record["requestID"] == reply.request_id]
    assert len(found) == 1, found
    return found[0]


class TestWrongCredentials:
    @PROTOCOLS
    def test_a_wrong_secret_is_refused_and_recorded_as_the_owner_s(
        self, server, root, people, call, event, bad_signature, unknown_key
    ):
        dave = people.make("dave", document(allow("*")))
        reply = call().signed(server, Credentials(dave.key, "wrong" * 8)).send(server)
        assert (reply.code, reply.message) == (bad_signature, DOES_NOT_MATCH)
        record = event_of(server, root, reply, EventName=event)
        assert record["errorCode"] == bad_signature
        assert record["userIdentity"]["type"] == "IAMUser"
        assert record["userIdentity"]["userName"] == "dave"
        assert record["userIdentity"]["accessKeyId"] == dave.key
        assert record["requestParameters"] is None
        assert record["responseElements"] is None

    @PROTOCOLS
    def test_an_unknown_key_is_refused_and_recorded_as_unknown(self, server, call, event, bad_signature, unknown_key):
        key = "AKIAZZZZZZZZZZZZZZZZ"
        reply = call().signed(server, Credentials(key, "wrong" * 8)).send(server)
        assert (reply.code, reply.message) == (unknown_key, BAD_TOKEN)
        record = event_of(server, SERVER_ROOT, reply, AccessKeyId=key)
        assert record["eventName"] == event
        assert record["errorCode"] == unknown_key
        assert record["userIdentity"] == {"type": "Unknown", "accountId": SERVER_ACCOUNT, "accessKeyId": key}
        assert record["requestParameters"] is None
        assert record["recipientAccountId"] == SERVER_ACCOUNT

    def test_a_wrong_secret_of_the_root_is_refused(self, server, root):
        reply = iam_call().signed(server, Credentials(root.key, "tset")).send(server)
        assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
        assert event_of(server, root, reply, EventName="ListUsers")["userIdentity"]["type"] == "Root"

    def test_status_is_403_in_query(self, server, root):
        assert iam_call().signed(server, Credentials(root.key, "tset")).send(server).status == 403
        assert iam_call().signed(server, Credentials("AKIAZZZZZZZZZZZZZZZZ", "x")).send(server).status == 403

    def test_status_is_403_for_cloudtrail(self, server, root):
        assert cloudtrail_call().signed(server, Credentials(root.key, "tset")).send(server).status == 403
        assert cloudtrail_call().signed(server, Credentials("AKIAZZZZZZZZZZZZZZZZ", "x")).send(server).status == 403


class TestTampering:
    def test_another_body_than_was_signed_is_refused_and_does_nothing(self, server, root):
        request = raw.query("iam", "CreateUser", UserName="mallory")
        reply = request.signed(server, root, hashed_body=b"Action=ListUsers&Version=2010-05-08").send(server)
        assert (reply.status, reply.code, reply.message) == (403, "SignatureDoesNotMatch", DOES_NOT_MATCH)
        assert server.client("iam", root).list_users()["Users"] == []

    def test_a_declared_body_hash_must_be_the_body_s(self, server, root):
        honest = raw.query("iam", "ListUsers")
        honest.headers["X-Amz-Content-SHA256"] = hashlib.sha256(honest.body).hexdigest()
        assert honest.signed(server, root).send(server).status == 200
        forged = raw.query("iam", "CreateUser", UserName="mallory")
        forged.headers["X-Amz-Content-SHA256"] = honest.headers["X-Amz-Content-SHA256"]
        assert forged.signed(server, root).send(server).status in (400, 403)
        assert server.client("iam", root).list_users()["Users"] == []

    def test_an_unsigned_payload_is_taken_when_declared(self, server, root):
        request = raw.query("iam", "CreateUser", UserName="dave")
        request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
        assert request.signed(server, root).send(server).status == 200

    @pytest.mark.parametrize("header", ["X-Amz-Date", "X-Amz-Target", "Content-Type"])
    def test_a_changed_signed_header_is_refused(self, server, root, header):
        request = cloudtrail_call().signed(server, root)
        changed = {
            "X-Amz-Date": raw.minutes_ago(1).strftime("%Y%m%dT%H%M%SZ"),
            "X-Amz-Target": "CloudTrail_20131101.LookupEvents",
            "Content-Type": "application/x-amz-json-1.1; charset=utf-8",
        }
        signed = request.headers["Authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
        assert header.lower() in signed
        request.headers[header] = changed[header]
        reply = request.send(server)
        assert (reply.status, reply.code) == (403, "InvalidSignatureException")

    def test_an_added_query_parameter_is_refused(self, server, root):
        request = raw.query_get("iam", "ListUsers").signed(server, root)
        request.path += "&PathPrefix=%2Fops%2F"
        assert request.send(server).code == "SignatureDoesNotMatch"

    def test_a_signature_of_another_region_is_of_no_use(self, server, root):
        request = cloudtrail_call().signed(server, root, region="eu-west-1")
        request.headers["Authorization"] = request.headers["Authorization"].replace("eu-west-1", "us-east-1")
        assert request.send(server).code == "InvalidSignatureException"

    def test_a_signature_for_another_service_is_of_no_use(self, server, root):
        reply = iam_call().signed(server, root, service="s3").send(server)
        assert 400 <= reply.status < 500
        assert cloudtrail_call().signed(server, root, service="iam").send(server).status in (400, 403)


class TestClockSkew:
    @PROTOCOLS
    def test_six_minutes_late_is_expired(self, server, root, call, event, bad_signature, unknown_key):
        then = raw.minutes_ago(6)
        reply = call().signed(server, root, at=then).send(server)
        assert reply.code == bad_signature
        assert reply.message.startswith(f"Signature expired: {then:%Y%m%dT%H%M%SZ} is now earlier than ")
        assert "- 5 min.)" in reply.message
        assert event_of(server, root, reply, EventName=event)["errorCode"] == bad_signature

    @PROTOCOLS
    def test_six_minutes_early_is_not_yet_current(self, server, root, call, event, bad_signature, unknown_key):
        then = raw.minutes_ago(-6)
        reply = call().signed(server, root, at=then).send(server)
        assert reply.code == bad_signature
        assert reply.message.startswith(f"Signature not yet current: {then:%Y%m%dT%H%M%SZ} is still later than ")
        assert "+ 5 min.)" in reply.message

    @pytest.mark.parametrize("minutes", [4, -4])
    def test_four_minutes_are_within_bounds(self, server, root, minutes):
        assert iam_call().signed(server, root, at=raw.minutes_ago(minutes)).send(server).status == 200

    def test_freshness_goes_by_the_machine_s_clock_and_not_the_simulated_one(self, make_server, root):
        own = make_server().start()
        own.move_clock(advance="240h")
        assert iam_call().signed(own, root).send(own).status == 200
        assert iam_call().signed(own, root, at=raw.minutes_ago(-240 * 60)).send(own).code == "SignatureDoesNotMatch"


class TestScope:
    def changed(self, server, root, old, new, call=iam_call):
        request = call().signed(server, root)
        assert old in request.headers["Authorization"]
        request.headers["Authorization"] = request.headers["Authorization"].replace(old, new)
        return request.send(server)

    def test_the_scope_s_date_must_be_the_request_s(self, server, root):
        today = raw.minutes_ago(0).strftime("/%Y%m%d/")
        reply = self.changed(server, root, today, "/20200101/")
        assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
        assert reply.message.startswith(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"
        )

    def test_the_scope_must_end_in_its_terminator(self, server, root):
        reply = self.changed(server, root, "/aws4_request", "/aws5_request")
        assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
        assert "aws4_request" in reply.message

    @pytest.mark.parametrize("scope", ["Credential=x", "Credential=a/b/c", "Credential=////", "Credential="])
    def test_a_scope_of_the_wrong_form_is_incomplete(self, server, root, scope):
        request = iam_call().signed(server, root)
        head, tail = request.headers["Authorization"].split(", SignedHeaders")
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders{tail}"
        reply = request.send(server)
        assert 400 <= reply.status <= 403
        assert reply.code in ("IncompleteSignature", "SignatureDoesNotMatch", "InvalidClientTokenId")


class TestMissingParts:
    def without(self, server, root, part, call=iam_call):
        request = call().signed(server, root)
        algorithm, fields = request.headers["Authorization"].split(" ", 1)
        kept = [field for field in fields.split(", ") if not field.startswith(part)]
        request.headers["Authorization"] = f"{algorithm} {', '.join(kept)}"
        return request.send(server)

    @pytest.mark.parametrize("part", ["Credential", "SignedHeaders", "Signature"])
    def test_a_missing_field_is_named(self, server, root, part):
        reply = self.without(server, root, f"{part}=")
        assert reply.status in (400, 403)
        assert reply.code == "IncompleteSignature"
        assert f"Authorization header requires '{part}' parameter." in reply.message

    def test_json_has_its_own_name_for_it(self, server, root):
        reply = self.without(server, root, "Signature=", cloudtrail_call)
        assert reply.code == "IncompleteSignatureException"

    def test_a_missing_date_is_named(self, server, root):
        request = iam_call().signed(server, root)
        del request.headers["X-Amz-Date"]
        reply = request.send(server)
        assert reply.code == "IncompleteSignature"
        assert "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header." in reply.message

    @pytest.mark.parametrize("header", ["", "AWS4-HMAC-SHA256", "Basic dGVzdDp0ZXN0", "AWS4-HMAC-SHA256 x", "AWS x:y"])
    def test_another_authorization_is_refused(self, server, header):
        request = iam_call()
        request.headers["Authorization"] = header
        reply = request.send(server)
        assert 400 <= reply.status <= 403
        assert reply.code in ("IncompleteSignature", "MissingAuthenticationToken", "InvalidClientTokenId")

    def test_the_host_must_be_signed(self, server, root):
        class Hostless(botocore.auth.SigV4Auth):
            def headers_to_sign(self, request):
                headers = super().headers_to_sign(request)
                del headers["host"]
                return headers

        with mock.patch("botocore.auth.SigV4Auth", Hostless):
            request = iam_call().signed(server, root)
        reply = request.send(server)
        assert reply.status in (400, 403)
        assert "Host" in reply.message


class TestPresigned:
    def fetch(self, url):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def test_boto3_s_presigned_url_works(self, server, root):
        status, text = self.fetch(
            server.client("sts", root).generate_presigned_url("get_caller_identity", HttpMethod="GET")
        )
        assert status == 200, text
        assert f"<Arn>arn:aws:iam::{root.key}:root</Arn>" in text
        assert server.records(root, EventName="GetCallerIdentity")[0]["userIdentity"]["type"] == "Root"

    def test_a_session_s_presigned_url_works(self, server, people):
        dave = people.make("dave", document(allow("sts:*")))
        session = Credentials.of(server.client("sts", dave).get_session_token()["Credentials"])
        status, text = self.fetch(
            server.client("sts", session).generate_presigned_url("get_caller_identity", HttpMethod="GET")
        )
        assert status == 200, text
        assert ":user/dave</Arn>" in text

    def test_a_url_is_good_for_as_long_as_it_says(self, server, root):
        request = raw.query_get("sts", "GetCallerIdentity")
        assert request.presigned(server, root, seconds=900, at=raw.minutes_ago(10)).send(server).status == 200

    def test_an_expired_url_is_refused(self, server, root):
        request = raw.query_get("sts", "GetCallerIdentity").presigned(server, root, seconds=60, at=raw.minutes_ago(10))
        reply = request.send(server)
        assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
        assert reply.message.startswith("Signature expired")

    @pytest.mark.parametrize("seconds", [-1, 604801, "soon"])
    def test_a_lifetime_out_of_bounds_is_refused(self, server, root, seconds):
        request = raw.query_get("sts", "GetCallerIdentity").presigned(server, root, seconds=seconds)
        assert 400 <= request.send(server).status <= 403

    @pytest.mark.parametrize(
        "part", ["X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Expires"]
    )
    def test_a_missing_part_is_refused(self, server, root, part):
        request = raw.query_get("sts", "GetCallerIdentity").presigned(server, root)
        path, query = request.path.split("?", 1)
        request.path = path + "?" + "&".join(pair for pair in query.split("&") if not pair.startswith(f"{part}="))
        reply = request.send(server)
        assert 400 <= reply.status <= 403
        assert reply.code in ("IncompleteSignature", "MissingAuthenticationToken", "SignatureDoesNotMatch")

    def test_a_changed_parameter_is_refused(self, server, root):
        request = raw.query_get("iam", "GetUser", UserName="dave").presigned(server, root)
        request.path = request.path.replace("UserName=dave", "UserName=erin")
        assert request.send(server).code == "SignatureDoesNotMatch"

    def test_no_signature_is_in_the_event(self, server, root):
        request = raw.query_get("iam", "ListUsers").presigned(server, root)
        signature = request.path.split("X-Amz-Signature=")[1].split("&")[0]
        assert request.send(server).status == 200
        [event] = server.events(root, LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ListUsers"}])
        assert signature not in event["CloudTrailEvent"]
        assert "X-Amz" not in event["CloudTrailEvent"]


class TestSessions:
    @pytest.fixture
    def dave(self, people):
        return people.make("dave", document(allow(["sts:*", "iam:ListUsers", "cloudtrail:LookupEvents"])))

    @pytest.fixture
    def session(self, server, dave):
        """Credentials of dave's own session."""
        return Credentials.of(server.client("sts", dave).get_session_token()["Credentials"])

    def test_a_session_of_a_user_is_still_the_user(self, server, root, dave, session):
        made = server.records(root, EventName="GetSessionToken")[0]["eventTime"]
        server.client("sts", session).get_caller_identity()
        identity = server.records(root, AccessKeyId=session.key)[0]["userIdentity"]
        assert identity["type"] == "IAMUser"
        assert identity["userName"] == "dave"
        assert identity["accessKeyId"] == session.key
        assert identity["sessionContext"]["attributes"] == {"creationDate": made, "mfaAuthenticated": "false"}

    def test_a_session_of_the_root_is_still_the_root(self, server, root):
        session = Credentials.of(server.client("sts", root).get_session_token()["Credentials"])
        assert server.client("sts", session).get_caller_identity()["Arn"] == f"arn:aws:iam::{root.key}:root"
        identity = server.records(root, AccessKeyId=session.key)[0]["userIdentity"]
        assert identity["type"] == "Root"
        assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"

    def test_an_assumed_role_shows_role_and_session(self, server, root, people, dave):
        role = people.iam.create_role(
            RoleName="deployer", Path="/ci/", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{root.key}:user/dave")
        )["Role"]
        answer = server.client("sts", dave).assume_role(RoleArn=role["Arn"], RoleSessionName="deploy-42")
        session = Credentials.of(answer["Credentials"])
        server.client("sts", session).get_caller_identity()
        [record] = server.records(root, AccessKeyId=session.key)
        made = server.records(root, EventName="AssumeRole")[0]["eventTime"]
        assert record["userIdentity"] == {
            "type": "AssumedRole",
            "principalId": f"{role['RoleId']}:deploy-42",
            "arn": f"arn:aws:sts::{root.key}:assumed-role/deployer/deploy-42",
            "accountId": root.key,
            "accessKeyId": session.key,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": role["RoleId"],
                    "arn": f"arn:aws:iam::{root.key}:role/ci/deployer",
                    "accountId": root.key,
                    "userName": "deployer",
                },
                "attributes": {"creationDate": made, "mfaAuthenticated": "false"},
            },
        }

    def test_the_event_of_assume_role_names_the_new_key_and_hides_the_rest(self, server, root, people, dave):
        arn = people.iam.create_role(
            RoleName="deployer", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{root.key}:user/dave")
        )["Role"]["Arn"]
        answer = server.client("sts", dave).assume_role(RoleArn=arn, RoleSessionName="deploy-42")
        session = Credentials.of(answer["Credentials"])
        [event] = server.events(root, LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRole"}])
        assert event["ReadOnly"] == "true"
        assert session.secret not in event["CloudTrailEvent"]
        assert session.token not in event["CloudTrailEvent"]
        record = json.loads(event["CloudTrailEvent"])
        assert record["requestParameters"] == {"roleArn": arn, "roleSessionName": "deploy-42"}
        assert record["responseElements"]["credentials"]["accessKeyId"] == session.key
        assert record["responseElements"]["credentials"]["sessionToken"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
        assert record["resources"] == [{"accountId": root.key, "type": "AWS::IAM::Role", "ARN": arn}]
        names = {(entry.get("ResourceType"), entry["ResourceName"]) for entry in event["Resources"]}
        assert ("AWS::IAM::AccessKey", session.key) in names
        assert ("AWS::STS::AssumedRole", "deploy-42") in names
        assert ("AWS::IAM::Role", arn) in names

    def test_a_session_key_without_its_token_is_refused(self, server, session):
        with refused("InvalidClientTokenId", 403) as refusal:
            server.client("sts", Credentials(session.key, session.secret)).get_caller_identity()
        assert refusal.message == BAD_TOKEN

    @pytest.mark.parametrize("change", [lambda token: token[:-8] + "AAAAAAAA", lambda _: "x", lambda token: token[:40]])
    def test_a_changed_token_is_refused(self, server, session, change):
        with refused("InvalidClientTokenId", 403):
            server.client("sts", Credentials(session.key, session.secret, change(session.token))).get_caller_identity()

    def test_another_session_s_token_is_refused(self, server, dave, session):
        other = Credentials.of(server.client("sts", dave).get_session_token()["Credentials"])
        with refused("InvalidClientTokenId", 403):
            server.client("sts", Credentials(session.key, session.secret, other.token)).get_caller_identity()

    def test_a_token_beside_a_long_term_key_is_refused(self, server, dave, session):
        with refused("InvalidClientTokenId", 403):
            server.client("sts", Credentials(dave.key, dave.secret, session.token)).get_caller_identity()

    def test_a_wrong_secret_of_a_session_is_refused(self, server, session):
        with refused("SignatureDoesNotMatch", 403):
            server.client("sts", Credentials(session.key, "wrong" * 8, session.token)).get_caller_identity()

    def test_a_session_outlives_a_restart(self, make_server, root):
        own = make_server().start()
        session = Credentials.of(own.client("sts", root).get_session_token()["Credentials"])
        own.kill()
        own.start()
        assert own.client("sts", session).get_caller_identity()["Account"] == root.key

    @pytest.mark.parametrize(
        ("service", "call", "code"),
        [("sts", "get_caller_identity", "ExpiredToken"), ("cloudtrail", "lookup_events", "ExpiredTokenException")],
    )
    def test_a_session_ends_when_its_time_is_up(self, make_server, root, service, call, code):
        own = make_server().start()
        answer = own.client("sts", root).get_session_token(DurationSeconds=900)["Credentials"]
        now = datetime.datetime.fromisoformat(own.now().replace("Z", "+00:00"))
        assert abs(answer["Expiration"] - now - datetime.timedelta(minutes=15)) < datetime.timedelta(seconds=2)
        session = Credentials.of(answer)
        own.move_clock(advance="14m")
        getattr(own.client(service, session), call)()
        own.move_clock(advance="2m")
        with refused(code) as refusal:
            getattr(own.client(service, session), call)()
        assert refusal.message == "The security token included in the request is expired"
        record = own.records(root, AccessKeyId=session.key)[0]
        assert record["errorCode"] == code
        assert record["userIdentity"]["accountId"] == root.key

    def test_a_user_s_session_ends_with_the_user_s_permissions(self, server, people, dave, session):
        server.client("cloudtrail", session).lookup_events()
        people.iam.delete_user_policy(UserName="dave", PolicyName="inline")
        with refused("AccessDeniedException"):
            server.client("cloudtrail", session).lookup_events()

    def test_a_session_without_a_second_factor_has_no_use_of_iam(self, server, dave, session):
        server.client("iam", dave).list_users()
        with refused("InvalidClientTokenId", 403):
            server.client("iam", session).list_users()
