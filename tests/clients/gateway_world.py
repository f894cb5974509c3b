"""A server with moto behind it, in place of its own buckets too, and a trail whose files are in moto's buckets."""

import gzip
import json

import boto3

from harness import HOME_REGION, Credentials, Server
from receivers import Moto

TRAIL_BUCKET = "gateway-trail"


class GatewayWorld:
    """One endpoint for what the server serves and for all that moto serves; `named` are moto's even where the server
    serves them."""

    def __init__(self, folder, account, named=("s3",), **settings):
        self.moto = Moto(folder)
        everything = ("--upstream", f"http://test:test@127.0.0.1:{self.moto.port}")
        self.server = Server(folder / "data", options=everything + self.moto.upstream(*named), **settings).start()
        self.root = Credentials(account, "test")
        self.clients = {}

    def client(self, service, credentials=None, **how):
        """A client through the gateway; of root where nobody is named."""
        at = (service, credentials, tuple(how.items()))
        if at not in self.clients:
            self.clients[at] = self.server.client(service, credentials or self.root, **how)
        return self.clients[at]

    def user(self, name, policy):
        """A user of the server with a policy."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy)
        return Credentials.of(iam.create_access_key(UserName=name)["AccessKey"])

    def upstream_role(self, name="r"):
        """A role that moto lets functions have, made around the server: IAM is the server's own."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        iam = boto3.client("iam", region_name=HOME_REGION, endpoint_url=self.moto.url, **keys)
        statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]

    # -- trails ----------------------------------------------------------------------------

    def start_trail(self, name, bucket=TRAIL_BUCKET, **selectors):
        """A trail that delivers to a bucket of moto's, under its own name, with what `put_event_selectors` takes."""
        trails = self.client("cloudtrail")
        self.client("s3").create_bucket(Bucket=bucket)
        trails.create_trail(Name=name, S3BucketName=bucket, S3KeyPrefix=name)
        if selectors:
            trails.put_event_selectors(TrailName=name, **selectors)
        trails.start_logging(Name=name)

    def delivered(self, name, bucket=TRAIL_BUCKET):
        """All records in a trail's files, oldest first, once what was done until now is delivered."""
        self.server.move_clock(advance="6m")
        s3 = self.client("s3")
        records = []
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{name}/AWSLogs/"):
            keys = [one["Key"] for one in page.get("Contents", []) if one["Key"].endswith(".json.gz")]
            for key in keys:
                body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                records += json.loads(gzip.decompress(body))["Records"]
        return sorted(records, key=lambda record: record["eventTime"])

    def end(self):
        """Ends both."""
        self.server.end()
        self.moto.close()


def seen_id(answer):
    """The id of the request as its caller saw it."""
    metadata = answer["ResponseMetadata"]
    headers = metadata["HTTPHeaders"]
    return headers.get("x-amzn-requestid") or headers.get("x-amz-request-id") or metadata["RequestId"]


def arn(service, rest, account, region=HOME_REGION):
    """An ARN."""
    return f"arn:aws:{service}:{region}:{account}:{rest}"
