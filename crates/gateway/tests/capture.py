"""Writes tests/captured.json: what botocore itself puts on the wire for calls to many services.

Run it with the botocore that the models are from: `python crates/gateway/tests/capture.py`. Nothing is sent: each
request is kept as it is about to leave.
"""

import json
import pathlib
import uuid

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

CALLS = [
    ("acm", "RequestCertificate", {"DomainName": "example.org", "Tags": [{"Key": "a", "Value": "b"}]}),
    ("apigateway", "CreateRestApi", {"name": "orders"}),
    ("apigateway", "GetResources", {"restApiId": "abc", "limit": 5}),
    ("apigatewayv2", "CreateApi", {"Name": "n", "ProtocolType": "HTTP"}),
    ("athena", "StartQueryExecution", {"QueryString": "SELECT 'secret'"}),
    ("autoscaling", "SetDesiredCapacity", {"AutoScalingGroupName": "g", "DesiredCapacity": 2, "HonorCooldown": True}),
    ("backup", "StartBackupJob", {"BackupVaultName": "v", "ResourceArn": "arn:aws:x:::y", "IamRoleArn": "arn:aws:iam::1:role/r"}),
    ("batch", "SubmitJob", {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}),
    ("bedrock-runtime", "InvokeModel", {"modelId": "a.b-v1:0", "body": b"{\"prompt\":\"hush\"}"}),
    ("cloudformation", "CreateStack", {"StackName": "s", "TemplateBody": "{}", "Parameters": [{"ParameterKey": "k", "ParameterValue": "v"}]}),
    ("cloudfront", "CreateInvalidation", {"DistributionId": "E1", "InvalidationBatch": {"Paths": {"Quantity": 1, "Items": ["/a"]}, "CallerReference": "r"}}),
    ("cloudwatch", "PutMetricAlarm", {"AlarmName": "a", "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}),
    ("codebuild", "StartBuild", {"projectName": "p"}),
    ("cognito-idp", "AdminCreateUser", {"UserPoolId": "us-east-1_abc", "Username": "me", "TemporaryPassword": "Hush1234!"}),
    ("dynamodb", "PutItem", {"TableName": "t", "Item": {"Id": {"S": "1"}, "Name": {"S": "hush"}}}),
    ("dynamodb", "GetItem", {"TableName": "t", "Key": {"Id": {"S": "1"}}}),
    ("dynamodb", "BatchWriteItem", {"RequestItems": {"t": [{"DeleteRequest": {"Key": {"Id": {"S": "1"}}}}, {"PutRequest": {"Item": {"Id": {"S": "2"}}}}]}}),
    ("ec2", "RunInstances", {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 2, "UserData": "hush"}),
    ("ec2", "StopInstances", {"InstanceIds": ["i-1", "i-2"]}),
    ("ec2", "DescribeInstances", {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}),
    ("ec2", "CreateTags", {"Resources": ["i-1"], "Tags": [{"Key": "Name", "Value": "x"}]}),
    ("ecr", "CreateRepository", {"repositoryName": "a/b"}),
    ("ecs", "RunTask", {"cluster": "c", "taskDefinition": "t"}),
    ("efs", "CreateFileSystem", {"CreationToken": "x"}),
    ("eks", "CreateNodegroup", {"clusterName": "c", "nodegroupName": "n", "subnets": ["s"], "nodeRole": "arn:aws:iam::1:role/r"}),
    ("eks", "DescribeCluster", {"name": "c"}),
    ("elasticache", "DescribeCacheClusters", {"ShowCacheNodeInfo": True}),
    ("elb", "CreateLoadBalancer", {"LoadBalancerName": "l", "Listeners": [{"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 80}]}),
    ("elbv2", "CreateLoadBalancer", {"Name": "l", "Subnets": ["s-1", "s-2"]}),
    ("events", "PutEvents", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{\"hush\":1}", "EventBusName": "bus"}]}),
    ("firehose", "PutRecord", {"DeliveryStreamName": "d", "Record": {"Data": b"hush"}}),
    ("glacier", "AddTagsToVault", {"accountId": "-", "vaultName": "v", "Tags": {"a": "b"}}),
    ("glue", "CreateDatabase", {"DatabaseInput": {"Name": "d", "Parameters": {"Classification": "x"}}}),
    ("iam", "CreateUser", {"UserName": "me", "Tags": [{"Key": "Team", "Value": "x"}]}),
    ("iot", "CreateThing", {"thingName": "t"}),
    ("iot-data", "Publish", {"topic": "a/b", "payload": b"hush"}),
    ("kinesis", "PutRecord", {"StreamName": "s", "Data": b"hush", "PartitionKey": "k"}),
    ("kms", "Encrypt", {"KeyId": "alias/a", "Plaintext": b"hush", "EncryptionContext": {"Purpose": "x"}}),
    ("lambda", "Invoke", {"FunctionName": "f", "InvocationType": "Event", "Payload": b"{\"hush\":1}"}),
    ("lambda", "CreateFunction", {"FunctionName": "f", "Role": "arn:aws:iam::1:role/r", "Code": {"ZipFile": b"hush"}, "Environment": {"Variables": {"A": "hush"}}, "Tags": {"Team": "x"}}),
    ("lambda", "TagResource", {"Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "Tags": {"Team": "x"}}),
    ("lambda", "ListProvisionedConcurrencyConfigs", {"FunctionName": "f"}),
    ("logs", "PutRetentionPolicy", {"logGroupName": "g", "retentionInDays": 7}),
    ("opensearch", "CreateDomain", {"DomainName": "dom"}),
    ("es", "CreateElasticsearchDomain", {"DomainName": "dom"}),
    ("organizations", "CreateAccount", {"Email": "a@example.org", "AccountName": "n"}),
    ("rds", "CreateDBInstance", {"DBInstanceIdentifier": "d", "DBInstanceClass": "c", "Engine": "e", "MasterUserPassword": "hush", "AllocatedStorage": 5, "MultiAZ": True, "Tags": [{"Key": "k", "Value": "v"}]}),
    ("rds-data", "ExecuteStatement", {"resourceArn": "arn:aws:rds:us-east-1:1:cluster:c", "secretArn": "arn:aws:secretsmanager:us-east-1:1:secret:s", "sql": "hush"}),
    ("redshift", "DescribeClusters", {"ClusterIdentifier": "c"}),
    ("route53", "ChangeResourceRecordSets", {"HostedZoneId": "Z1", "ChangeBatch": {"Changes": [{"Action": "CREATE", "ResourceRecordSet": {"Name": "a.example.org", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}}]}}),
    ("s3", "CreateBucket", {"Bucket": "bkt"}),
    ("s3", "ListBuckets", {}),
    ("s3", "ListObjectsV2", {"Bucket": "bkt", "Prefix": "in/"}),
    ("s3", "PutObject", {"Bucket": "bkt", "Key": "in/a b//é", "Body": b"<hush/>", "ServerSideEncryption": "AES256"}),
    ("s3", "GetObject", {"Bucket": "bkt", "Key": "in/a", "VersionId": "v1"}),
    ("s3", "HeadObject", {"Bucket": "bkt", "Key": "in/a"}),
    ("s3", "DeleteObjects", {"Bucket": "bkt", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b"}]}}),
    ("s3", "CopyObject", {"Bucket": "bkt", "Key": "to", "CopySource": {"Bucket": "src", "Key": "from"}}),
    ("s3", "UploadPart", {"Bucket": "bkt", "Key": "k", "PartNumber": 2, "UploadId": "u", "Body": b"hush"}),
    ("s3", "UploadPartCopy", {"Bucket": "bkt", "Key": "k", "PartNumber": 2, "UploadId": "u", "CopySource": "src/from"}),
    ("s3", "CompleteMultipartUpload", {"Bucket": "bkt", "Key": "k", "UploadId": "u", "MultipartUpload": {"Parts": [{"ETag": "e", "PartNumber": 1}]}}),
    ("s3", "AbortMultipartUpload", {"Bucket": "bkt", "Key": "k", "UploadId": "u"}),
    ("s3", "CreateMultipartUpload", {"Bucket": "bkt", "Key": "k"}),
    ("s3", "ListParts", {"Bucket": "bkt", "Key": "k", "UploadId": "u"}),
    ("s3", "PutBucketTagging", {"Bucket": "bkt", "Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}}),
    ("s3", "GetBucketAnalyticsConfiguration", {"Bucket": "bkt", "Id": "i"}),
    ("s3", "ListBucketAnalyticsConfigurations", {"Bucket": "bkt"}),
    ("s3", "PutBucketLifecycleConfiguration", {"Bucket": "bkt", "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Filter": {"Prefix": "x"}}]}}),
    ("s3", "PutObjectTagging", {"Bucket": "bkt", "Key": "k", "Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}}),
    ("s3", "SelectObjectContent", {"Bucket": "bkt", "Key": "k", "Expression": "e", "ExpressionType": "SQL", "InputSerialization": {}, "OutputSerialization": {}}),
    ("s3control", "GetPublicAccessBlock", {"AccountId": "111122223333"}),
    ("sagemaker", "CreateModel", {"ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::1:role/r"}),
    ("secretsmanager", "PutSecretValue", {"SecretId": "s", "SecretString": "hush"}),
    ("servicediscovery", "CreateHttpNamespace", {"Name": "n"}),
    ("ses", "SendEmail", {"Source": "a@example.org", "Destination": {"ToAddresses": ["b@example.org"]}, "Message": {"Subject": {"Data": "hush"}, "Body": {}}}),
    ("sesv2", "CreateEmailIdentity", {"EmailIdentity": "example.org"}),
    ("sns", "Publish", {"TopicArn": "arn:aws:sns:us-east-1:111122223333:t", "Message": "hush", "Subject": "hush"}),
    ("sqs", "SendMessage", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/q", "MessageBody": "hush"}),
    ("sqs", "CreateQueue", {"QueueName": "q", "Attributes": {"VisibilityTimeout": "60"}}),
    ("ssm", "PutParameter", {"Name": "/a/b", "Value": "hush", "Type": "SecureString"}),
    ("stepfunctions", "StartExecution", {"stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m", "input": "{\"hush\":1}"}),
    ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::111122223333:role/r", "RoleSessionName": "s"}),
    ("transfer", "CreateUser", {"ServerId": "s-1", "UserName": "u", "Role": "arn:aws:iam::1:role/r"}),
    ("wafv2", "ListWebACLs", {"Scope": "REGIONAL"}),
    ("xray", "GetGroup", {"GroupName": "g"}),
]  # fmt: skip


class Kept(Exception):
    pass


def capture(session, service, operation, parameters):
    """The request of a call, as it is about to be sent."""
    found = {}
    style = {"s3": {"addressing_style": "path"}}
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1}, **style)
    client = session.create_client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:4566",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=config,
    )

    def keep(request, **_):
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
        body = body.encode() if isinstance(body, str) else body
        headers = {}
        for name, value in request.headers.items():
            headers[name.lower()] = value.decode() if isinstance(value, bytes) else value
        authorization = headers.pop("authorization", "")
        scope = authorization.split("Credential=")[-1].split(",")[0].split("/")
        told = ("content-type", "x-amz-target", "smithy-protocol", "x-amz-copy-source", "x-amz-account-id",
                "x-amz-invocation-type", "x-amz-server-side-encryption", "host")
        path = request.url.split("127.0.0.1:4566", 1)[-1]
        found.update(
            service=service,
            operation=operation,
            signed_for=scope[3] if len(scope) > 3 else service,
            method=request.method,
            url=path,
            headers={name: value for name, value in headers.items() if name in told},
            body=body.decode("latin-1"),
        )
        return AWSResponse(request.url, 500, {}, None)

    client.meta.events.register("before-send", keep)
    method = {v: k for k, v in client.meta.method_to_api_mapping.items()}[operation]
    try:
        getattr(client, method)(**parameters)
    except Exception as error:  # The answer is none.
        if not found:
            raise SystemExit(f"{service} {operation}: {error}")
    return found


def main():
    # Tokens that clients make up are the same every time.
    uuid.uuid4 = lambda: uuid.UUID(int=0)
    session = botocore.session.get_session()
    requests = [capture(session, *call) for call in CALLS]
    text = "[\n" + ",\n".join(json.dumps(one, sort_keys=True) for one in requests) + "\n]\n"
    (pathlib.Path(__file__).parent / "captured.json").write_text(text)
    print(f"{len(requests)} requests")


if __name__ == "__main__":
    main()
