"""Writes tests/answers.json: what a moto server answers to the calls that discovery makes, for a few resources of each type.

Run it where moto and boto3 are: `python crates/config/tests/capture.py`. It starts a server of its own and stops it. The
bodies are kept as they came, but for blanks between tags.
"""

import io
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile

import boto3

ACCOUNT = "123456789012"
REGION = "eu-west-1"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
READING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})


class Capture:
    """Calls operations and keeps what was answered."""

    def __init__(self, endpoint):
        self.session = boto3.Session("test", "test", region_name=REGION)
        self.endpoint = endpoint
        self.clients = {}
        self.answers = []

    def client(self, name):
        if name not in self.clients:
            client = self.session.client(name, endpoint_url=self.endpoint)
            client.meta.events.register("before-parse", self.keep)
            self.clients[name] = client
        return self.clients[name]

    def keep(self, response_dict, **_):
        self.raw = response_dict

    def read(self, service, operation, *names, **parameters):
        """Calls and keeps the answer, under the texts that tell this call from others."""
        client = self.client(service)
        method = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation).lower()
        try:
            answer = getattr(client, method)(**parameters)
        except client.exceptions.ClientError as error:
            answer = error.response
        body = self.raw["body"].decode()
        if body.lstrip().startswith("<"):
            body = re.sub(r">\s+<", "><", body).strip()
        self.answers.append(
            {
                "service": client.meta.service_model.signing_name,
                "operation": operation,
                "names": list(names),
                "status": self.raw["status_code"],
                "code": answer.get("Error", {}).get("Code", ""),
                "body": body,
            }
        )
        return answer


def make_network(capture):
    ec2 = capture.client("ec2")
    # What is there from the start would be most of the file.
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = [f"{REGION}a", f"{REGION}b"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for i, zone in enumerate(zones)
    ]
    ec2.create_tags(Resources=[vpc, subnets[0]], Tags=[{"Key": "Name", "Value": "main"}])
    group = ec2.create_security_group(GroupName="web", Description="web tier", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "https"}]}
        ],
    )
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)
    ec2.create_key_pair(KeyName="ops", KeyType="ed25519")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web-1"}]}]
    instances = [
        ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.small", KeyName="ops", SubnetId=subnets[0],
            SecurityGroupIds=[group], TagSpecifications=tags,
        )["Instances"][0]["InstanceId"]
        for _ in range(2)
    ]
    ec2.terminate_instances(InstanceIds=instances[1:])
    volume = ec2.create_volume(AvailabilityZone=zones[0], Size=8, Encrypted=True)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instances[0], Device="/dev/sdf")
    return subnets, group, image


def read_network(capture):
    for operation in (
        "DescribeVpcs DescribeSubnets DescribeSecurityGroups DescribeNetworkInterfaces DescribeVolumes DescribeInstances "
        "DescribeRouteTables DescribeNetworkAcls DescribeInternetGateways DescribeNatGateways DescribeAddresses DescribeKeyPairs"
    ).split():
        capture.read("ec2", operation)


def make_identities(capture):
    iam = capture.client("iam")
    policy = iam.create_policy(PolicyName="ops-read", PolicyDocument=READING, Description="reads")["Policy"]["Arn"]
    iam.create_group(GroupName="admins")
    iam.create_user(UserName="ada", Path="/staff/", Tags=[{"Key": "team", "Value": "core"}])
    iam.add_user_to_group(GroupName="admins", UserName="ada")
    iam.put_user_policy(UserName="ada", PolicyName="inline", PolicyDocument=READING)
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "a", "Value": "b"}])["Role"]["Arn"]
    iam.put_role_policy(RoleName="batch", PolicyName="inline", PolicyDocument=READING)
    for attach, name in ((iam.attach_user_policy, {"UserName": "ada"}), (iam.attach_group_policy, {"GroupName": "admins"})):
        attach(PolicyArn=policy, **name)
    for arn in (policy, "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"):
        iam.attach_role_policy(RoleName="batch", PolicyArn=arn)
    return role, policy


def read_identities(capture, policy):
    for kind in ("LocalManagedPolicy", "Group", "User", "Role"):
        capture.read("iam", "GetAccountAuthorizationDetails", kind, Filter=[kind])
    capture.read("iam", "GetPolicy", policy, PolicyArn=policy)
    capture.read("iam", "ListEntitiesForPolicy", policy, PolicyArn=policy)
    capture.read("iam", "GetGroup", "admins", GroupName="admins")
    capture.read("iam", "GetUser", "nobody", UserName="nobody")


def make_buckets(capture):
    s3 = capture.client("s3")
    here = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    for name in ("acme-plain", "acme-full"):
        s3.create_bucket(Bucket=name, **here)
    capture.session.client("s3", endpoint_url=capture.endpoint, region_name="us-east-1").create_bucket(Bucket="acme-elsewhere")
    name = "acme-full"
    s3.put_bucket_acl(Bucket="acme-plain", ACL="public-read")
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "env", "Value": "prod"}]})
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    cors = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 300}
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [cors]})
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    by = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k-1"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [by]})
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    s3.put_bucket_accelerate_configuration(Bucket=name, AccelerateConfiguration={"Status": "Enabled"})


def read_buckets(capture):
    capture.read("s3", "ListBuckets")
    operations = (
        "GetBucketLocation GetBucketAcl GetBucketRequestPayment GetBucketTagging GetBucketAccelerateConfiguration "
        "GetBucketLogging GetBucketNotificationConfiguration GetBucketPolicy GetBucketVersioning "
        "GetBucketLifecycleConfiguration GetBucketCors GetBucketReplication GetBucketWebsite GetBucketEncryption "
        "GetPublicAccessBlock GetObjectLockConfiguration"
    ).split()
    for name in ("acme-plain", "acme-full"):
        for operation in operations:
            capture.read("s3", operation, name, Bucket=name)
    for name in ("acme-elsewhere", "acme-gone"):
        capture.read("s3", "GetBucketLocation", name, Bucket=name)


def functions(capture, role, subnets, group):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("f.py", "def handler(event, context): pass")
    client = capture.client("lambda")
    for name, more in (
        ("plain", {}),
        ("full", {"VpcConfig": {"SubnetIds": subnets, "SecurityGroupIds": [group]}, "Tags": {"team": "core"},
                  "Environment": {"Variables": {"SECRET": "hush"}}}),
    ):
        client.create_function(FunctionName=name, Runtime="python3.12", Role=role, Handler="f.handler", Code={"ZipFile": packed.getvalue()}, **more)
    client.add_permission(FunctionName="full", StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    client.put_function_concurrency(FunctionName="full", ReservedConcurrentExecutions=5)
    for function in capture.read("lambda", "ListFunctions")["Functions"]:
        name, arn = function["FunctionName"], function["FunctionArn"]
        capture.read("lambda", "ListTags", arn, Resource=arn)
        capture.read("lambda", "GetPolicy", name, FunctionName=name)
        capture.read("lambda", "GetFunctionConcurrency", name, FunctionName=name)
        capture.read("lambda", "GetFunctionConfiguration", name, FunctionName=name)
    capture.read("lambda", "GetFunctionConfiguration", "nothing", FunctionName="nothing")


def tables(capture):
    client = capture.client("dynamodb")
    client.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], Tags=[{"Key": "env", "Value": "prod"}],
        SSESpecification={"Enabled": True},
    )
    capture.read("dynamodb", "ListTables")
    arn = capture.read("dynamodb", "DescribeTable", "orders", TableName="orders")["Table"]["TableArn"]
    capture.read("dynamodb", "ListTagsOfResource", arn, ResourceArn=arn)
    capture.read("dynamodb", "DescribeContinuousBackups", "orders", TableName="orders")
    capture.read("dynamodb", "DescribeTable", "nothing", TableName="nothing")


def queues_and_topics(capture):
    capture.client("sqs").create_queue(QueueName="jobs", tags={"env": "prod"})
    for url in capture.read("sqs", "ListQueues")["QueueUrls"]:
        capture.read("sqs", "GetQueueAttributes", url, QueueUrl=url, AttributeNames=["All"])
        capture.read("sqs", "ListQueueTags", url, QueueUrl=url)
    capture.client("sns").create_topic(Name="news", Tags=[{"Key": "env", "Value": "prod"}])
    for topic in capture.read("sns", "ListTopics")["Topics"]:
        arn = topic["TopicArn"]
        capture.read("sns", "GetTopicAttributes", arn, TopicArn=arn)
        capture.read("sns", "ListTagsForResource", arn, ResourceArn=arn)


def keys_and_secrets(capture):
    kms = capture.client("kms")
    key = kms.create_key(Description="orders", Tags=[{"TagKey": "env", "TagValue": "prod"}])["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    capture.client("secretsmanager").create_secret(Name="database", SecretString="hush", KmsKeyId=key, Tags=[{"Key": "env", "Value": "prod"}])
    for found in capture.read("kms", "ListKeys")["Keys"]:
        name = found["KeyId"]
        for operation in ("DescribeKey", "ListResourceTags", "GetKeyRotationStatus"):
            capture.read("kms", operation, name, KeyId=name)
        capture.read("kms", "GetKeyPolicy", name, KeyId=name, PolicyName="default")
    for found in capture.read("secretsmanager", "ListSecrets")["SecretList"]:
        capture.read("secretsmanager", "DescribeSecret", found["ARN"], SecretId=found["ARN"])
    client = capture.client("acm")
    client.request_certificate(DomainName="example.org", Tags=[{"Key": "env", "Value": "prod"}])
    for found in capture.read("acm", "ListCertificates")["CertificateSummaryList"]:
        for operation in ("DescribeCertificate", "ListTagsForCertificate"):
            capture.read("acm", operation, found["CertificateArn"], CertificateArn=found["CertificateArn"])


def databases(capture, subnets, group):
    rds = capture.client("rds")
    tags = [{"Key": "env", "Value": "prod"}]
    rds.create_db_subnet_group(DBSubnetGroupName="inside", DBSubnetGroupDescription="d", SubnetIds=subnets, Tags=tags)
    rds.create_db_instance(
        DBInstanceIdentifier="single", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, MasterUsername="u",
        MasterUserPassword="hush-hush", DBSubnetGroupName="inside", VpcSecurityGroupIds=[group], StorageEncrypted=True, Tags=tags,
        AvailabilityZone=f"{REGION}a",
    )
    rds.create_db_snapshot(DBSnapshotIdentifier="before", DBInstanceIdentifier="single", Tags=tags)
    rds.create_db_cluster(
        DBClusterIdentifier="cluster", Engine="aurora-mysql", MasterUsername="u", MasterUserPassword="hush-hush",
        DBSubnetGroupName="inside", VpcSecurityGroupIds=[group], Tags=tags,
    )
    rds.create_db_instance(DBInstanceIdentifier="member", DBInstanceClass="db.r5.large", Engine="aurora-mysql", DBClusterIdentifier="cluster")
    capture.read("rds", "DescribeDBInstances")
    capture.read("rds", "DescribeDBInstances", "nothing", DBInstanceIdentifier="nothing")
    capture.read("rds", "DescribeDBClusters")
    for found in capture.read("rds", "DescribeDBSnapshots")["DBSnapshots"]:
        name = found["DBSnapshotIdentifier"]
        capture.read("rds", "DescribeDBSnapshotAttributes", name, DBSnapshotIdentifier=name)
    for found in capture.read("rds", "DescribeDBSubnetGroups")["DBSubnetGroups"]:
        arn = found["DBSubnetGroupArn"]
        capture.read("rds", "ListTagsForResource", arn, ResourceName=arn)


def scaling(capture, subnets, group, image):
    elb = capture.client("elbv2")
    elb.create_load_balancer(Name="front", Subnets=subnets, SecurityGroups=[group], Tags=[{"Key": "env", "Value": "prod"}])
    for found in capture.read("elbv2", "DescribeLoadBalancers")["LoadBalancers"]:
        arn = found["LoadBalancerArn"]
        capture.read("elbv2", "DescribeTags", arn, ResourceArns=[arn])
        capture.read("elbv2", "DescribeLoadBalancerAttributes", arn, LoadBalancerArn=arn)
    client = capture.client("autoscaling")
    client.create_launch_configuration(LaunchConfigurationName="launch", ImageId=image, InstanceType="t3.small", SecurityGroups=[group])
    client.create_auto_scaling_group(
        AutoScalingGroupName="workers", LaunchConfigurationName="launch", MinSize=1, MaxSize=2, VPCZoneIdentifier=",".join(subnets),
        Tags=[{"Key": "env", "Value": "prod", "PropagateAtLaunch": False}],
    )
    capture.read("autoscaling", "DescribeLaunchConfigurations")
    capture.read("autoscaling", "DescribeAutoScalingGroups")
    capture.read("autoscaling", "DescribeLifecycleHooks", "workers", AutoScalingGroupName="workers")


def containers(capture, role, subnets):
    ecs = capture.client("ecs")
    cluster = ecs.create_cluster(clusterName="main", tags=[{"key": "env", "value": "prod"}])["cluster"]["clusterArn"]
    container = {"name": "web", "image": "nginx", "memory": 64, "portMappings": [{"containerPort": 80}], "environment": [{"name": "a", "value": "b"}]}
    ecs.register_task_definition(family="web", containerDefinitions=[container], tags=[{"key": "env", "value": "prod"}])
    ecs.create_service(cluster="main", serviceName="web", taskDefinition="web", desiredCount=1, tags=[{"key": "env", "value": "prod"}])
    capture.read("ecs", "ListClusters")
    capture.read("ecs", "DescribeClusters", cluster, clusters=[cluster], include=["TAGS", "SETTINGS", "CONFIGURATIONS"])
    capture.read("ecs", "DescribeClusters", "main", clusters=["main"], include=["TAGS", "SETTINGS", "CONFIGURATIONS"])
    for arn in capture.read("ecs", "ListTaskDefinitions")["taskDefinitionArns"]:
        capture.read("ecs", "DescribeTaskDefinition", arn, taskDefinition=arn, include=["TAGS"])
    for arn in capture.read("ecs", "ListServices", cluster, cluster=cluster)["serviceArns"]:
        capture.read("ecs", "DescribeServices", arn, cluster=cluster, services=[arn], include=["TAGS"])
    eks = capture.client("eks")
    eks.create_cluster(name="pods", roleArn=role, resourcesVpcConfig={"subnetIds": subnets}, tags={"env": "prod"})
    for name in capture.read("eks", "ListClusters")["clusters"]:
        capture.read("eks", "DescribeCluster", name, name=name)


def stacks_and_zones(capture):
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "of-stack"}},
                              "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "of-stack"}}}}
    client = capture.client("cloudformation")
    client.create_stack(StackName="base", TemplateBody=json.dumps(template), Tags=[{"Key": "env", "Value": "prod"}])
    for found in capture.read("cloudformation", "DescribeStacks")["Stacks"]:
        capture.read("cloudformation", "ListStackResources", found["StackId"], StackName=found["StackId"])
    capture.read("cloudformation", "DescribeStacks", "nothing", StackName="nothing")
    client = capture.client("route53")
    zone = client.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"].split("/")[-1]
    client.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, AddTags=[{"Key": "env", "Value": "prod"}])
    for found in capture.read("route53", "ListHostedZones")["HostedZones"]:
        name = found["Id"].split("/")[-1]
        capture.read("route53", "GetHostedZone", name, Id=name)
        capture.read("route53", "ListTagsForResource", name, ResourceType="hostedzone", ResourceId=name)


def main():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    beside = pathlib.Path(sys.executable).with_name("moto_server")
    program = str(beside) if beside.exists() else shutil.which("moto_server")
    environment = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    server = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        capture = Capture(f"http://127.0.0.1:{port}")
        subnets, group, image = make_network(capture)
        read_network(capture)
        role, policy = make_identities(capture)
        read_identities(capture, policy)
        make_buckets(capture)
        read_buckets(capture)
        functions(capture, role, subnets, group)
        tables(capture)
        queues_and_topics(capture)
        keys_and_secrets(capture)
        databases(capture, subnets, group)
        scaling(capture, subnets, group, image)
        containers(capture, role, subnets)
        stacks_and_zones(capture)
    finally:
        server.terminate()
        server.wait()
    target = pathlib.Path(__file__).with_name("answers.json")
    lines = ",\n".join(json.dumps(answer, separators=(",", ":")) for answer in capture.answers)
    target.write_text(f"[\n{lines}\n]\n")
    print(len(capture.answers), "answers,", target.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
