"""Every protocol over a socket: answers, errors, encodings. After each, the server serves on."""

import concurrent.futures
import gzip

import cbor2
import pytest

import raw
from harness import MEBIBYTE
from observe import last
from policies import allow, document, trust
from refusals import refused

pytestmark = pytest.mark.usefixtures("the_server_serves_on")


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
        made = iam.create_user(UserName="dave", Tags=[{"Key": "team", "Value": "blue"}])["User"]
        got = iam.get_user(UserName="dave")["User"]
        assert got == made
        assert got["Tags"] == [{"Key": "team", "Value": "blue"}]

    def test_text_with_markup_in_it_comes_back_as_it_was(self, server, root):
        iam = server.client("iam", root)
        text = "a <b> & \"c\" 'd' ]]> é"
        iam.create_role(
            RoleName="deployer", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{root.key}:root"), Description=text
        )
        assert iam.get_role(RoleName="deployer")["Role"]["Description"] == text

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
        reply = raw.query("monitoring", "DescribeInsightRules", MaxResults="5").signed(server, root).send(server)
        assert (reply.status, reply.code) == (501, "NotImplemented")
        record = last(server, root, EventName="DescribeInsightRules")
        assert record["eventSource"] == "monitoring.amazonaws.com"
        assert record["errorCode"] == "NotImplemented"
        assert record["requestParameters"] == {"maxResults": 5}


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

    def test_an_unbuilt_operation_of_logs_says_so_and_is_recorded(self, server, root):
        with refused("NotImplementedException", 501):
            server.client("logs", root).put_bearer_token_authentication(
                logGroupIdentifier="web", bearerTokenAuthenticationEnabled=True
            )
        record = last(server, root, EventName="PutBearerTokenAuthentication")
        assert record["eventSource"] == "logs.amazonaws.com"
        assert record["errorCode"] == "NotImplementedException"
        assert record["readOnly"] is False
        assert record["requestParameters"] == {"logGroupIdentifier": "web", "bearerTokenAuthenticationEnabled": True}

    def test_cloudwatch_speaks_json_1_0_too(self, server, root):
        request = raw.json_call("monitoring", "GraniteServiceVersion20100801.DescribeInsightRules", {"MaxResults": 5}, "1.0")
        reply = request.signed(server, root).send(server)
        assert (reply.status, reply.content_type) == (501, "application/x-amz-json-1.0")
        assert reply.code == "NotImplementedException"
        assert reply.headers["x-amzn-query-error"] == "NotImplemented;Receiver"
        record = last(server, root, EventName="DescribeInsightRules")
        assert record["eventSource"] == "monitoring.amazonaws.com"
        assert record["requestParameters"] == {"maxResults": 5}


class TestCloudWatchThreeWays:
    @pytest.mark.parametrize(
        ("protocol", "media_type", "recorded"),
        [
            ("smithy-rpc-v2-cbor", "application/cbor", "NotImplementedException"),
            ("json", "application/x-amz-json-1.0", "NotImplementedException"),
            ("query", "text/xml", "NotImplemented"),
        ],
    )
    def test_boto3_reads_the_error_in_each_protocol(self, server, root, protocol, media_type, recorded):
        with refused("NotImplemented", 501) as refusal:
            server.client("cloudwatch", root, protocol=protocol).describe_insight_rules(MaxResults=5)
        assert refusal.answer["ResponseMetadata"]["HTTPHeaders"]["content-type"] == media_type
        assert "DescribeInsightRules" in refusal.message
        record = last(server, root, EventName="DescribeInsightRules")
        assert record["errorCode"] == recorded
        assert record["requestParameters"] == {"maxResults": 5}


class TestCbor:
    @pytest.mark.parametrize(
        ("call", "event"), [("describe_insight_rules", "DescribeInsightRules")], ids=str
    )
    def test_an_unbuilt_operation_of_cloudwatch_says_so_and_is_recorded(self, server, root, call, event):
        cloudwatch = server.client("cloudwatch", root, protocol="smithy-rpc-v2-cbor")
        with refused("NotImplemented", 501) as refusal:
            getattr(cloudwatch, call)()
        assert refusal.answer["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/cbor"
        record = last(server, root, EventName=event)
        assert record["eventSource"] == "monitoring.amazonaws.com"
        assert record["errorCode"] == "NotImplementedException"
        assert record["readOnly"] is True
        assert record["requestID"] == refusal.request_id

    def test_the_error_is_a_cbor_map_with_the_protocol_s_headers(self, server, root):
        reply = raw.cbor_call("DescribeInsightRules", {"MaxResults": 5}).signed(server, root).send(server)
        assert (reply.status, reply.content_type) == (501, "application/cbor")
        assert reply.headers["smithy-protocol"] == "rpc-v2-cbor"
        assert reply.headers["x-amzn-query-error"] == "NotImplemented;Receiver"
        assert reply.code == "NotImplementedException"
        assert "DescribeInsightRules" in reply.message
        assert last(server, root, EventName="DescribeInsightRules")["requestParameters"] == {"maxResults": 5}

    def test_maps_and_lists_of_unknown_length_are_read(self, server, root):
        # {_ "RuleNames": [_ "a"]}
        body = b"\xbf" + cbor2.dumps("RuleNames") + b"\x9f" + cbor2.dumps("a") + b"\xff\xff"
        assert raw.cbor_call("DisableInsightRules", body).signed(server, root).send(server).status == 501
        assert last(server, root, EventName="DisableInsightRules")["requestParameters"] == {"ruleNames": ["a"]}


class TestRestJson:
    def test_the_error_of_an_operation_is_in_its_form(self, server, root):
        channel = f"arn:aws:cloudtrail:us-east-1:{root.key}:channel/11111111-2222-4333-8444-555555555555"
        with refused("ChannelNotFound"):
            server.client("cloudtrail-data", root).put_audit_events(
                auditEvents=[{"id": "1", "eventData": "{}"}], channelArn=channel
            )

    def test_a_data_event_stays_out_of_event_history(self, server, root):
        assert server.client("cloudwatch", root).list_metrics()["Metrics"] == []
        channel = f"arn:aws:cloudtrail:us-east-1:{root.key}:channel/11111111-2222-4333-8444-555555555555"
        with refused("ChannelNotFound"):
            server.client("cloudtrail-data", root).put_audit_events(
                auditEvents=[{"id": "1", "eventData": "{}"}], channelArn=channel
            )
        assert server.records(root, EventName="PutAuditEvents") == []
        assert server.records(root, EventName="ListMetrics") == []


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
        request = self.gzipped(raw.cbor_call("DescribeInsightRules", {"MaxResults": 3}))
        assert request.signed(server, root).send(server).status == 501
        assert last(server, root, EventName="DescribeInsightRules")["requestParameters"] == {"maxResults": 3}

    def test_boto3_s_compressed_metrics_are_read(self, server, root):
        for protocol in ("smithy-rpc-v2-cbor", "json", "query"):
            how = {"protocol": protocol, "request_min_compression_size_bytes": 1}
            cloudwatch = server.client("cloudwatch", root, **how)
            cloudwatch.put_metric_data(Namespace="web", MetricData=[{"MetricName": "hits", "Value": 1.0}])
            assert [metric["MetricName"] for metric in cloudwatch.list_metrics()["Metrics"]] == ["hits"]

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
        request.body = gzip.compress(b" " * (256 * MEBIBYTE))
        assert len(request.body) < MEBIBYTE
        request.headers["Content-Encoding"] = "gzip"
        reply = request.signed(narrow, root).send(narrow)
        assert (reply.status, reply.code.removesuffix("Exception")) == (413, "RequestEntityTooLarge")
        assert narrow.client("sts", root).get_caller_identity()["Account"] == root.key


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
        policy = document(allow("iam:*"))

        def make(number):
            iam = server.client("iam", root)
            iam.create_user(UserName=f"user-{number}")
            iam.put_user_policy(UserName=f"user-{number}", PolicyName="inline", PolicyDocument=policy)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(make, range(24)))
        assert len(server.client("iam", root).list_users()["Users"]) == 24
        assert len(server.records(root, EventName="CreateUser")) == 24
        assert len(server.records(root, EventName="PutUserPolicy")) == 24
