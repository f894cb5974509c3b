"""Tricks against the gateway: a denied user reaches no denied action by any spelling of the request.

Whatever arrives at the upstream is looked at as the most lenient server would read it: decoded again and again, in
every case. Nothing of what the user is denied may be found in it, and the history tells what did arrive.
"""

import gzip
import hashlib
import json
import urllib.parse
from dataclasses import dataclass, field

import cbor2
import pytest

from gateway_raw import KeepingUpstream, send, signed
from harness import Credentials, Server
from policies import allow, document

ACCOUNT = "200000009001"
ROOT = Credentials(ACCOUNT, "test")
REGION = "us-east-1"

# What the user may do. Everything that it may not do has one of the words below in it.
POLICY = document(
    allow("ec2:Describe*"),
    allow(["ec2:*"], f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-open"),
    allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::open/public/*"),
    allow("s3:GetObject", "arn:aws:s3:::open/*.txt"),
    allow(["s3:ListBucket", "s3:GetBucketAcl", "s3:GetBucketLocation"], "arn:aws:s3:::open"),
    allow("dynamodb:*", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/open"),
    allow("lambda:*", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:open"),
    allow("kinesis:*", f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/open"),
    allow("sqs:*", f"arn:aws:sqs:{REGION}:{ACCOUNT}:open"),
    allow("kms:*", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/open"),
    allow("ssm:*", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/open"),
)
DENIED = [b"closed9", b"terminate", b"deletetable", b"listtables", b"copy-source-closed", b"createuser", b"listusers"]

FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON10 = ("Content-Type", "application/x-amz-json-1.0")
KILL = b"Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-closed9"
LOOK = b"Action=DescribeInstances&Version=2016-11-15"


@dataclass
class Row:
    """A trick: how the request is made, and the event of what may arrive, where anything may."""

    name: str
    service: str
    method: str
    target: str
    headers: list = field(default_factory=list)
    body: bytes = b""
    may_arrive: str | None = None
    more: dict = field(default_factory=dict)

    def bytes(self, who):
        return signed(who, self.service, self.method, self.target, self.headers, self.body, **self.more)


def ec2(name, target="/", body=b"", headers=(FORM,), method="POST", may_arrive=None, service="ec2", **more):
    return Row(name, service, method, target, list(headers), body, may_arrive, more)


def target_call(service, target, name, body, headers=(), may_arrive=None, **more):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Row(name, service, "POST", "/", [("X-Amz-Target", target), JSON10, *headers], text, may_arrive, more)


def dynamo(name, operation, body, headers=(), may_arrive=None, **more):
    return target_call("dynamodb", f"DynamoDB_20120810.{operation}", name, body, headers, may_arrive, **more)


def s3(name, method, target, headers=(), body=b"", may_arrive=None, **more):
    return Row(name, "s3", method, target, list(headers), body, may_arrive, more)


def rest(name, service, method, target, headers=(), body=b"", may_arrive=None, **more):
    return Row(name, service, method, target, list(headers), body, may_arrive, more)


def copy(name, source, target="/open/public/k"):
    return s3(f"copy from {name}", "PUT", target, [("x-amz-copy-source", source)])


KEY = {"Key": {"pk": {"S": "1"}}}
UNSIGNED_CHUNKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
DELETE = b"<Delete><Object><Key>public/closed9</Key></Object></Delete>"

ROWS = [
    # -- operations in forms -------------------------------------------------------------------
    ec2("the action as it is", body=KILL),
    ec2("Action twice in the form", body=LOOK + b"&" + KILL),
    ec2("Action twice the other way", body=KILL + b"&" + LOOK),
    ec2("Action in URL and form", target="/?Action=DescribeInstances&Version=2016-11-15", body=KILL),
    ec2("Action in URL, form without its type", "/?Action=DescribeInstances", KILL, headers=[("Content-Type", "text/plain")]),
    ec2("action in lower case beside it", body=LOOK + b"&action=TerminateInstances&InstanceId.1=i-closed9"),
    ec2("action in lower case alone", body=KILL.replace(b"Action", b"action")),
    ec2("action encoded", body=LOOK + b"&%41ction=TerminateInstances"),
    ec2("action with a zero byte", body=LOOK + b"&Action%00=TerminateInstances"),
    ec2("action as an array", body=LOOK + b"&Action[]=TerminateInstances"),
    ec2("action after a semicolon", body=LOOK + b";Action=TerminateInstances"),
    ec2("value with a line feed", body=b"Action=DescribeInstances%0aTerminateInstances&Version=2016-11-15"),
    ec2("action in other case", body=KILL.replace(b"TerminateInstances", b"TERMINATEinstances")),
    ec2("action with spaces", body=KILL.replace(b"TerminateInstances", b"+TerminateInstances+")),
    ec2("multipart form", body=b'--b\r\nContent-Disposition: form-data; name="Action"\r\n\r\nTerminateInstances\r\n--b--\r\n',
        headers=[("Content-Type", "multipart/form-data; boundary=b")]),
    ec2("multipart form, action in the URL", "/?Action=DescribeInstances&Version=2016-11-15",
        b'--b\r\nContent-Disposition: form-data; name="Action"\r\n\r\nTerminateInstances\r\n--b--\r\n',
        headers=[("Content-Type", "multipart/form-data; boundary=b")]),
    ec2("two content types", body=KILL, headers=[FORM, ("Content-Type", "application/json")]),
    ec2("GET with a body", "/?Action=DescribeInstances&Version=2016-11-15", KILL, method="GET"),
    ec2("a form in gzip", body=gzip.compress(KILL), headers=[FORM, ("Content-Encoding", "gzip")]),
    ec2("a form in UTF-16", body=KILL.decode().encode("utf-16"), headers=[("Content-Type", FORM[1] + "; charset=utf-16")]),
    ec2("a form in UTF-7", body=b"Action=DescribeInstances&Version=2016-11-15&+AEEAYwB0AGkAbwBu-=TerminateInstances",
        headers=[("Content-Type", FORM[1] + "; charset=utf-7")]),
    ec2("a target beside the action", body=KILL, headers=[FORM, ("X-Amz-Target", "AmazonEC2.DescribeInstances")]),
    ec2("a path before the action", "/TerminateInstances", LOOK),
    ec2("ec2's signature asks for users", body=b"Action=CreateUser&Version=2010-05-08&UserName=closed9"),
    ec2("ec2's signature asks for users, by name of EC2", body=b"Action=ListUsers&Version=2010-05-08", may_arrive=None),
    ec2("sns' signature at ec2", body=KILL, service="autoscaling"),
    ec2("a version of another service", body=KILL.replace(b"2016-11-15", b"2010-05-08")),
    ec2("a decoy instance beside a gateway", body=b"Action=DeleteNatGateway&NatGatewayId=nat-closed9&InstanceId.1=i-open"),
    ec2("a decoy ARN", body=b"Action=DeleteNatGateway&NatGatewayId=nat-closed9"
        b"&X=arn%3Aaws%3Aec2%3Aus-east-1%3A200000009001%3Ainstance%2Fi-open"),
    ec2("an instance in the middle of a list", body=b"Action=RebootInstances&InstanceId.1=i-open&InstanceId.2=i-closed9"),
    ec2("an instance as a list and alone", body=b"Action=RebootInstances&InstanceId=i-open&InstanceId.1=i-closed9"),
    ec2("an instance with a leading zero", body=b"Action=RebootInstances&InstanceId.1=i-open&InstanceId.01=i-closed9"),
    ec2("an instance by member", body=b"Action=RebootInstances&InstanceId.member.1=i-closed9&InstanceId.1=i-open"),
    # -- methods and paths that headers name ------------------------------------------------------
    *[
        ec2(f"{name}", body=LOOK, headers=[FORM, (name, value)], may_arrive="DescribeInstances")
        for name, value in [
            ("X-HTTP-Method-Override", "DELETE-closed9"), ("X-HTTP-Method", "closed9"), ("X-Method-Override", "closed9"),
            ("X-Original-URL", "/?Action=TerminateInstances"), ("X-Rewrite-URL", "/?Action=TerminateInstances"),
            ("X-Forwarded-Host", "closed9.s3.amazonaws.com"), ("X-Forwarded-Prefix", "/closed9"),
            ("X-Forwarded-User", "closed9"), ("Forwarded", "host=closed9"), ("X-Host", "closed9"),
            ("Cookie", "user=closed9"), ("Proxy-Authorization", "closed9"), ("X-Real-IP", "closed9"),
            ("Transfer-Action", "TerminateInstances"),
        ]
    ],
    ec2("_method", body=LOOK + b"&_method=DELETE", may_arrive="DescribeInstances"),
    ec2("Connection names a header", body=LOOK, headers=[FORM, ("Connection", "close, content-type")],
        may_arrive="DescribeInstances"),
    # -- targets --------------------------------------------------------------------------------
    dynamo("the table as it is", "DeleteItem", {"TableName": "closed9", **KEY}),
    target_call("dynamodb", "DynamoDB_20120810.ListTables", "target twice", {},
                [("X-Amz-Target", "DynamoDB_20120810.DescribeLimits")]),
    target_call("dynamodb", "DynamoDB_20120810.DescribeTable, DynamoDB_20120810.DeleteTable", "targets with a comma",
                {"TableName": "open"}),
    target_call("dynamodb", "dynamodb_20120810.DeleteTable", "a target's prefix in other case", {"TableName": "closed9"}),
    target_call("dynamodb", "DynamoDB_20120810.deletetable", "a target's operation in other case", {"TableName": "closed9"}),
    target_call("dynamodb", "Logs_20140328.DeleteTable", "a target of another service", {"TableName": "closed9"}),
    target_call("dynamodb", "DynamoDB_20120810.X.DeleteTable", "a target with two dots", {"TableName": "closed9"}),
    target_call("dynamodb", "DynamoDB_20120810.DescribeTable", "a target and a protocol", {"TableName": "open"},
                [("smithy-protocol", "rpc-v2-cbor")]),
    Row("a target and a path", "dynamodb", "POST", "/service/DynamoDB/operation/DeleteTable",
        [("X-Amz-Target", "DynamoDB_20120810.DescribeTable"), JSON10], b'{"TableName":"open"}'),
    Row("a target and an action", "dynamodb", "POST", "/?Action=DeleteTable",
        [("X-Amz-Target", "DynamoDB_20120810.DescribeTable"), JSON10], b'{"TableName":"open"}'),
    Row("a target by GET", "dynamodb", "GET", "/", [("X-Amz-Target", "DynamoDB_20120810.DeleteTable"), JSON10],
        b'{"TableName":"closed9"}'),
    Row("a target with hop-by-hop", "dynamodb", "POST", "/",
        [("X-Amz-Target", "DynamoDB_20120810.DescribeTable"), JSON10, ("Connection", "X-Amz-Target")],
        b'{"TableName":"open"}', "DescribeTable"),
    # -- names in JSON --------------------------------------------------------------------------
    dynamo("a name twice", "DescribeTable", b'{"TableName":"open","TableName":"closed9"}'),
    dynamo("a name twice, escaped", "DescribeTable", b'{"TableName":"open","\\u0054ableName":"closed9"}'),
    dynamo("a name in other case beside it", "DescribeTable", {"TableName": "open", "tablename": "closed9"}),
    dynamo("a name in other case alone", "DescribeTable", {"tableName": "closed9"}),
    dynamo("two documents", "DescribeTable", b'{"TableName":"open"}{"TableName":"closed9"}'),
    dynamo("a comment", "DescribeTable", b'{"TableName":"open"/*"*/,"TableName":"closed9"/*"*/}'),
    dynamo("a byte order mark", "DescribeTable", b"\xef\xbb\xbf" + b'{"TableName":"closed9"}'),
    dynamo("UTF-16", "DescribeTable", '{"TableName":"closed9"}'.encode("utf-16")),
    dynamo("gzip", "DescribeTable", gzip.compress(b'{"TableName":"closed9"}'), [("Content-Encoding", "gzip")]),
    dynamo("not signed gzip over plain", "DescribeTable", b'{"TableName":"open"}', may_arrive="DescribeTable",
           unsigned=[("Content-Encoding", "identity")]),
    dynamo("a list", "DescribeTable", b'[{"TableName":"closed9"}]'),
    dynamo("a name as a list", "DescribeTable", {"TableName": ["open", "closed9"]}),
    dynamo("a lone surrogate", "DescribeTable", b'{"TableName":"open","TableName\\ud800":"closed9"}'),
    dynamo("the ARN of another account", "DescribeTable", {"TableName": f"arn:aws:dynamodb:{REGION}:999999999999:table/closed9"}),
    dynamo("the ARN of another region", "DescribeTable", {"TableName": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/closed9"}),
    dynamo("an ARN with an index", "DescribeTable", {"TableName": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/closed9/index/open"}),
    dynamo("a star", "DescribeTable", {"TableName": "*", "X": "closed9"}),
    dynamo("a question mark", "DescribeTable", {"TableName": "ope?", "X": "closed9"}),
    dynamo("a batch with another table", "BatchGetItem",
           {"RequestItems": {"open": {"Keys": []}, "closed9": {"Keys": []}}}),
    dynamo("a batch with an ARN", "BatchWriteItem",
           {"RequestItems": {"open": [], f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/closed9": []}}),
    dynamo("a transaction with another table", "TransactWriteItems",
           {"TransactItems": [{"Put": {"TableName": "open", "Item": {}}}, {"Delete": {"TableName": "closed9", **KEY}}]}),
    dynamo("a transaction that reads another table", "TransactGetItems",
           {"TransactItems": [{"Get": {"TableName": "open", **KEY}}, {"Get": {"TableName": "closed9", **KEY}}]}),
    dynamo("PartiQL", "ExecuteStatement", {"Statement": "SELECT * FROM closed9"}),
    dynamo("PartiQL with a decoy table", "ExecuteStatement", {"Statement": "DELETE FROM closed9", "TableName": "open"}),
    dynamo("PartiQL with a decoy ARN", "ExecuteStatement",
           {"Statement": "DELETE FROM closed9", "X": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/open"}),
    dynamo("PartiQL in a batch with a decoy", "BatchExecuteStatement",
           {"Statements": [{"Statement": "DELETE FROM closed9", "TableName": "open"}], "TableName": "open"}),
    dynamo("PartiQL in a transaction with a decoy", "ExecuteTransaction",
           {"TransactStatements": [{"Statement": "DELETE FROM closed9"}], "TableName": "open"}),
    dynamo("a listing with a decoy", "ListTables", {"TableName": "open"}),
    dynamo("a global table with a decoy", "CreateGlobalTable", {"GlobalTableName": "closed9", "TableName": "open"}),
    dynamo("a restore of another table", "RestoreTableToPointInTime",
           {"SourceTableName": "closed9", "TargetTableName": "new", "TableName": "open"}),
    dynamo("a restore by ARN into another name", "RestoreTableToPointInTime",
           {"SourceTableArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/open", "TargetTableName": "closed9"}),
    # -- other services' names ------------------------------------------------------------------
    target_call("kinesis", "Kinesis_20131202.DescribeStream", "a stream by name and ARN",
                {"StreamName": "closed9", "StreamARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/open"}),
    target_call("kinesis", "Kinesis_20131202.DescribeStream", "a stream by ARN beside its name",
                {"StreamName": "open", "StreamARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/closed9"}),
    target_call("kinesis", "Kinesis_20131202.GetRecords", "a shard iterator with a decoy",
                {"ShardIterator": "closed9", "StreamName": "open"}),
    target_call("sqs", "AmazonSQS.DeleteQueue", "a queue at another host", {"QueueUrl": f"http://elsewhere/{ACCOUNT}/closed9"}),
    target_call("sqs", "AmazonSQS.DeleteQueue", "a queue with more path",
                {"QueueUrl": f"http://localhost/{ACCOUNT}/closed9/?x=/{ACCOUNT}/open"}),
    target_call("sqs", "AmazonSQS.DeleteQueue", "a queue with a fragment",
                {"QueueUrl": f"http://localhost/{ACCOUNT}/closed9#/{ACCOUNT}/open"}),
    target_call("sqs", "AmazonSQS.DeleteQueue", "a queue with an encoded slash",
                {"QueueUrl": f"http://localhost/{ACCOUNT}/closed9%3F/open"}),
    target_call("sqs", "AmazonSQS.DeleteQueue", "a queue after the right one",
                {"QueueUrl": f"http://localhost/{ACCOUNT}/closed9/{ACCOUNT}/open"}),
    Row("a queue in the path beside the parameter", "sqs", "POST", f"/{ACCOUNT}/closed9", [FORM],
        f"Action=DeleteQueue&Version=2012-11-05&QueueUrl=http%3A%2F%2Fh%2F{ACCOUNT}%2Fopen".encode()),
    Row("a queue in the path alone", "sqs", "POST", f"/{ACCOUNT}/closed9", [FORM],
        b"Action=DeleteQueue&Version=2012-11-05"),
    Row("a queue in the path with a decoy name", "sqs", "POST", f"/{ACCOUNT}/closed9", [FORM],
        b"Action=DeleteQueue&Version=2012-11-05&QueueName=open"),
    target_call("kms", "TrentService.ReEncrypt", "a key by id beside one by ARN",
                {"CiphertextBlob": "eA==", "SourceKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/open",
                 "DestinationKeyId": "closed9"}),
    target_call("kms", "TrentService.ReEncrypt", "keys with a decoy",
                {"CiphertextBlob": "eA==", "SourceKeyId": "closed9", "DestinationKeyId": "closed9", "KeyId": "open"}),
    target_call("kms", "TrentService.Encrypt", "a key by an alias", {"KeyId": "alias/closed9", "Plaintext": "eA=="}),
    target_call("ssm", "AmazonSSM.SendCommand", "a command with a decoy parameter",
                {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-closed9"], "Name": "open"}),
    target_call("ssm", "AmazonSSM.GetParameters", "a parameter among others", {"Names": ["open", "/closed9"]}),
    target_call("ssm", "AmazonSSM.GetParametersByPath", "a path with a decoy name", {"Path": "/closed9", "Name": "open"}),
    # -- Lambda ---------------------------------------------------------------------------------
    rest("a function as it is", "lambda", "GET", "/2015-03-31/functions/closed9"),
    rest("a function by partial ARN", "lambda", "GET", f"/2015-03-31/functions/{ACCOUNT}%3Afunction%3Aclosed9"),
    rest("a function by ARN", "lambda", "GET",
         f"/2015-03-31/functions/arn%3Aaws%3Alambda%3A{REGION}%3A{ACCOUNT}%3Afunction%3Aclosed9"),
    rest("a function of another account", "lambda", "GET",
         f"/2015-03-31/functions/999999999999%3Afunction%3Aopen?x=closed9"),
    rest("a function by steps", "lambda", "GET", "/2015-03-31/functions/open/../closed9",
         canonical_path="/2015-03-31/functions/closed9"),
    rest("a function by encoded steps", "lambda", "GET", "/2015-03-31/functions/open/%2e%2e/closed9"),
    rest("a function by encoded slashes", "lambda", "GET", "/2015-03-31/functions/open%2F..%2Fclosed9"),
    rest("a function by double encoding", "lambda", "GET", "/2015-03-31/functions/open%252F..%252Fclosed9"),
    rest("two slashes", "lambda", "GET", "//2015-03-31//functions//closed9",
         canonical_path="/2015-03-31/functions/closed9"),
    rest("a parameter in the path", "lambda", "GET", "/2015-03-31/functions/closed9;open"),
    rest("a zero byte", "lambda", "GET", "/2015-03-31/functions/closed9%00open"),
    rest("a backslash", "lambda", "GET", "/2015-03-31/functions/open%5C..%5Cclosed9"),
    rest("a trailing dot", "lambda", "GET", "/2015-03-31/functions/closed9."),
    rest("a body that names another function", "lambda", "PUT", "/2015-03-31/functions/open/configuration",
         [("Content-Type", "application/json")], b'{"FunctionName":"closed9"}'),
    rest("a query that names another function", "lambda", "GET", "/2015-03-31/functions/open?FunctionName=closed9"),
    rest("a function with an unknown path", "lambda", "DELETE", "/2099-01-01/functions/closed9?FunctionName=open"),
    rest("a listing of functions with a decoy", "lambda", "GET", "/2015-03-31/functions/?FunctionName=open&x=closed9"),
    rest("a mapping with a decoy", "lambda", "DELETE", "/2015-03-31/event-source-mappings/closed9?FunctionName=open"),
    # -- S3 --------------------------------------------------------------------------------------
    s3("an object as it is", "GET", "/open/closed9"),
    s3("steps up", "GET", "/open/public/../closed9"),
    s3("encoded steps", "GET", "/open/public/%2e%2e/closed9"),
    s3("steps to another bucket", "GET", "/open/public/..%2f..%2fclosed9/k"),
    s3("backslashes", "GET", "/open/public/..%5C..%5Cclosed9"),
    s3("steps encoded twice", "GET", "/open/public/%252e%252e/%252e%252e/closed9"),
    s3("an encoded slash in the bucket", "GET", "/open%2Fpublic%2F..%2F..%2Fclosed9"),
    s3("no bucket", "GET", "//closed9/k"),
    s3("a dot for bucket", "GET", "/./closed9"),
    s3("a bucket of the host", "GET", "/public/k", [("Host", "closed9.s3.amazonaws.com")]),
    s3("a bucket of the host in other case", "GET", "/public/k", [("Host", "Closed9.S3.amazonaws.com")]),
    s3("a bucket of the host with a dot and port", "GET", "/public/k", [("Host", "closed9.s3.us-east-1.amazonaws.com.:80")]),
    s3("two hosts", "GET", "/open/public/k", [("Host", "closed9.s3.amazonaws.com"), ("Host", "127.0.0.1")]),
    s3("a bucket of localhost", "GET", "/public/k", [("Host", "closed9.s3.localhost.localstack.cloud:4566")]),
    s3("two sub-resources", "GET", "/open?acl&policy=closed9"),
    s3("two sub-resources the other way", "GET", "/open?policy=closed9&acl"),
    s3("a sub-resource twice", "GET", "/open?acl&acl=closed9"),
    s3("a sub-resource in other case", "GET", "/open?ACL&Policy=closed9"),
    s3("a sub-resource encoded", "GET", "/open?a%63l&poli%63y=closed9"),
    s3("a sub-resource after a semicolon", "GET", "/open?acl;policy=closed9"),
    s3("delete many", "POST", "/open?delete", body=DELETE),
    s3("delete many below a key", "POST", "/open/public/k?delete", body=DELETE),
    s3("an unsigned sub-resource", "DELETE", "/open/public/closed9"),
    copy("a closed bucket", "closed9/k"),
    copy("a closed bucket, with a slash", "/closed9/k"),
    copy("a closed bucket, encoded", "%63losed9/k"),
    copy("a closed bucket, encoded slash", "closed9%2Fk"),
    copy("a closed bucket, by two slashes", "//open/public/closed9/k"),
    copy("a closed bucket, by two slashes and an open name", "//open/closed9/x.txt"),
    copy("a closed bucket, by steps", "open/public/../../closed9/k"),
    copy("a closed bucket, by encoded steps", "open/public/%2e%2e/%2e%2e/closed9/k"),
    copy("a closed key, with a question mark", "open/closed9?x=.txt"),
    copy("a closed key, with a version", "open/closed9?versionId=.txt"),
    copy("a closed key, with an encoded version", "open/closed9%3FversionId=.txt"),
    copy("a URL", "http://h/closed9/k"),
    copy("an access point", f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/closed9/object/k"),
    s3("copy from two sources", "PUT", "/open/public/k",
       [("x-amz-copy-source", "open/public/a"), ("x-amz-copy-source", "closed9/k")]),
    s3("copy by the query", "PUT", "/open/public/k?x-amz-copy-source=closed9%2Fk"),
    s3("copy by the query in other case", "PUT", "/open/public/k?X-Amz-Copy-Source=closed9%2Fk"),
    s3("a part copied", "PUT", "/open/public/k?partNumber=1&uploadId=u", [("x-amz-copy-source", "closed9/k")]),
    s3("an unsigned copy source", "PUT", "/open/public/k", body=b"x", unsigned=[("x-amz-copy-source", "closed9/k")]),
    s3("an unsigned acl", "PUT", "/open/public/k", body=b"x", unsigned=[("x-amz-acl", "closed9")]),
    s3("unsigned tags", "PUT", "/open/public/k", body=b"x", unsigned=[("x-amz-tagging", "closed9=1")]),
    s3("an unsigned grant", "PUT", "/open/public/k", body=b"x", unsigned=[("x-amz-grant-read", "closed9")]),
    s3("a signed acl", "PUT", "/open/public/k", [("x-amz-acl", "closed9")], b"x"),
    s3("an acl in the query", "PUT", "/open/public/k?x-amz-acl=closed9", body=b"x"),
    s3("a rename from another key", "PUT", "/open/public/k?renameObject", [("x-amz-rename-source", "/open/closed9")]),
    s3("a form upload", "POST", "/open", [("Content-Type", "multipart/form-data; boundary=b")],
       b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nclosed9\r\n--b--\r\n'),
    s3("s3 control", "GET", "/v20180820/accesspoint/closed9", [("x-amz-account-id", ACCOUNT)]),
    s3("s3 control as an object", "GET", "/v20180820/accesspoint/closed9"),
    s3("an action to s3", "POST", "/?Action=closed9"),
    s3("a lying decoded length", "PUT", "/open/public/k",
       [("x-amz-decoded-content-length", "1"), ("Content-Encoding", "aws-chunked")],
       b"8\r\nclosed9!\r\n0\r\n\r\n", hashed=UNSIGNED_CHUNKED),
    # -- CBOR ------------------------------------------------------------------------------------
    *[
        Row(f"CBOR: {name}", "kinesis", "POST", path,
            [("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor")], body)
        for name, path, body in [
            ("a stream", "/service/Kinesis_20131202/operation/DeleteStream", cbor2.dumps({"StreamName": "closed9"})),
            ("a name twice", "/service/Kinesis_20131202/operation/DescribeStream",
             b"\xa2" + cbor2.dumps("StreamName") + cbor2.dumps("open") + cbor2.dumps("StreamName") + cbor2.dumps("closed9")),
            ("another service", "/service/DynamoDB_20120810/operation/DeleteTable", cbor2.dumps({"TableName": "closed9"})),
            ("steps", "/service/Kinesis_20131202/operation/DescribeStream/../DeleteStream", cbor2.dumps({"StreamName": "closed9"})),
        ]
    ],
]


def _replace(row, old, new):
    return lambda who: row.bytes(who).replace(old, new, 1)


LOOKING = ec2("", body=LOOK)
READING = s3("", "GET", "/open/public/k")
WRITING = s3("", "PUT", "/open/public/k", body=b"hello")

# Requests that are broken below HTTP's meaning.
RAW = {
    "an absolute target": _replace(READING, b"GET /open/public/k", b"GET http://closed9.s3.amazonaws.com/open/public/k"),
    "another method": _replace(READING, b"GET ", b"DELETE "),
    "another path": _replace(READING, b"/open/public/k", b"/open/public/closed9"),
    "another query": _replace(READING, b"/open/public/k", b"/open/public/k?acl=closed9"),
    "a length and chunks": lambda who: signed(who, "ec2", "POST", "/", [FORM], KILL, hashed="UNSIGNED-PAYLOAD",
                                              unsigned=[("Content-Length", "5"), ("Transfer-Encoding", "chunked")]),
    "two lengths": lambda who: signed(who, "ec2", "POST", "/", [FORM], LOOK,
                                      unsigned=[("Content-Length", str(len(LOOK))), ("Content-Length", "5")]),
    "chunks in other words": lambda who: signed(who, "ec2", "POST", "/", [FORM], KILL,
                                                unsigned=[("Transfer-Encoding", "xchunked")]),
    "chunks and a space": lambda who: signed(who, "ec2", "POST", "/", [FORM], KILL,
                                             unsigned=[("Transfer-Encoding ", "chunked")]),
    "a second request in the body": lambda who: signed(
        who, "ec2", "POST", "/", [FORM], LOOK, unsigned=[("Content-Length", str(len(LOOK)))]
    ) + b"POST / HTTP/1.1\r\nHost: closed9\r\nContent-Length: 0\r\n\r\n",
    "a folded header": _replace(LOOKING, b"Content-Type: ", b"X-Fold: a\r\n closed9\r\nContent-Type: "),
    "a header with a zero": _replace(LOOKING, b"Content-Type: ", b"X-Zero: a\x00closed9\r\nContent-Type: "),
    "a bare line feed": _replace(LOOKING, b"Content-Type: ", b"X-A: a\nX-Amz-Target: closed9\r\nContent-Type: "),
    "a huge header": _replace(LOOKING, b"Content-Type: ", b"X-Huge: " + b"closed9" * 200_000 + b"\r\nContent-Type: "),
    "many headers": _replace(LOOKING, b"Content-Type: ",
                             b"".join(b"X-N%d: closed9\r\n" % n for n in range(300)) + b"Content-Type: "),
    "trailers with a target": lambda who: signed(
        who, "ec2", "POST", "/", [FORM], b"", hashed="UNSIGNED-PAYLOAD", unsigned=[("Transfer-Encoding", "chunked"), ("TE", "trailers")]
    ) + b"%x\r\n%s\r\n0\r\nX-Amz-Target: closed9\r\nAction: TerminateInstances\r\n\r\n" % (len(LOOK), LOOK),
    "two authorizations": lambda who: signed(who, "ec2", "POST", "/", [FORM], KILL, unsigned=[("Authorization", "AWS4-HMAC-SHA256 closed9")]),
    "an upgrade": _replace(LOOKING, b"Content-Type: ", b"Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Type: "),
    "a body of another hash": lambda who: signed(who, "ec2", "POST", "/", [FORM], KILL,
                                                 hashed=hashlib.sha256(LOOK).hexdigest()),
}


class Place:
    """A server with an upstream for all, and the user."""

    def __init__(self, folder):
        self.upstream = KeepingUpstream()
        options = ("--upstream", self.upstream.url, "--upstream", f"s3={self.upstream.url}")
        self.server = Server(folder / "data", options=options).start()
        iam = self.server.client("iam", ROOT)
        iam.create_user(UserName="mallory")
        iam.put_user_policy(UserName="mallory", PolicyName="inline", PolicyDocument=POLICY)
        self.mallory = Credentials.of(iam.create_access_key(UserName="mallory")["AccessKey"])

    def sent_by(self, raw):
        """Status, and what arrived because of this."""
        before = len(self.upstream.requests)
        status = send(self.server, raw)
        return status, self.upstream.requests[before:]

    def done(self):
        """Names of the user's calls that succeeded, newest first."""
        records = self.server.records(ROOT, Username="mallory")
        return [record["eventName"] for record in records if "errorCode" not in record]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    one = Place(tmp_path_factory.mktemp("tricks"))
    yield one
    died = not one.server.running()
    one.server.end()
    one.upstream.close()
    assert not died, one.server.stderr


def readings(raw):
    """What lenient servers may read in a request: decoded up to three times, unescaped, of any case."""
    text = raw
    for _ in range(3):
        yield text.lower()
        yield text.replace(b"\x00", b"").lower()
        text = urllib.parse.unquote_to_bytes(text.replace(b"+", b" "))
    yield raw.decode("unicode_escape", "replace").encode("utf-8", "surrogatepass").lower()


def denied_in(raw):
    """Words of what is denied that somebody could read in a request."""
    return {word for text in readings(raw) for word in DENIED if word in text}


def test_there_are_forty_tricks_and_each_has_a_name_of_its_own():
    names = [row.name for row in ROWS] + list(RAW)
    assert len(names) >= 40
    assert len(set(names)) == len(names), [name for name in names if names.count(name) > 1]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_denied_reaches_no_upstream_in_any_spelling(place, row):
    before = place.done()
    status, arrived = place.sent_by(row.bytes(place.mallory))
    for raw in arrived:
        assert not denied_in(raw), raw
    if row.may_arrive is None:
        assert arrived == [], arrived
        assert 400 <= status < 500, status
        assert place.done() == before
    else:
        assert len(arrived) == 1 and status == 200, (status, arrived)
        assert place.done() == [row.may_arrive, *before]


@pytest.mark.parametrize("name", RAW)
def test_what_is_broken_below_its_meaning_reaches_no_upstream_as_something_else(place, name):
    _, arrived = place.sent_by(RAW[name](place.mallory))
    for raw in arrived:
        assert not denied_in(raw), raw
        is_look = raw.startswith(b"POST / HTTP/1.1\r\n") and raw.count(b"Action=") == 1 and LOOK in raw
        assert is_look or raw.startswith(b"GET /open/public/k HTTP/1.1\r\n"), raw


@pytest.mark.parametrize(
    ("source", "sent"),
    [("/open/public/a", "open/public/a"), ("open/a#.txt", "open/a%23.txt"), ("open/a;b.txt", "open/a%3Bb.txt"),
     ("%6Fpen%2Fpublic/a", "open/public/a")],
)
def test_the_source_of_a_copy_arrives_in_the_one_spelling_that_was_permitted(place, source, sent):
    _, arrived = place.sent_by(copy("", source).bytes(place.mallory))
    assert [raw.count(b"x-amz-copy-source: " + sent.encode() + b"\r\n") for raw in arrived] == [1], arrived


def test_trailers_of_a_framed_body_are_no_headers(place):
    headers = [("x-amz-decoded-content-length", "1"), ("Content-Encoding", "aws-chunked"),
               ("x-amz-trailer", "x-amz-copy-source")]
    body = b"1\r\nx\r\n0\r\nx-amz-copy-source:closed9/k\r\n\r\n"
    row = s3("", "PUT", "/open/public/k", headers, body, hashed=UNSIGNED_CHUNKED)
    _, arrived = place.sent_by(row.bytes(place.mallory))
    assert all(not denied_in(raw) and raw.endswith(b"\r\n\r\nx") for raw in arrived), arrived
