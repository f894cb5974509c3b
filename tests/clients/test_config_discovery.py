"""AWS Config of what others serve: moto's resources, listed, and looked at when a call changes them."""

import json

import pytest
from botocore.exceptions import ClientError

from cloud_world import CloudWorld, related
from harness import HOME_REGION
from scripted_upstream import ScriptedUpstream

GROUP = "AWS::EC2::SecurityGroup"
INSTANCE = "AWS::EC2::Instance"
INTERFACE = "AWS::EC2::NetworkInterface"
VPC = "AWS::EC2::VPC"
QUEUE = "AWS::SQS::Queue"
BUCKET = "AWS::S3::Bucket"
ZONE = "AWS::Route53::HostedZone"
AMI = "ami-12c6146b"
SECOND_REGION = "eu-west-1"


@pytest.fixture
def make_cloud(tmp_path_factory, make_receiver):
    """A function that makes worlds; `told=True` with a topic."""
    made = []

    def make(told=False, **settings):
        folder = tmp_path_factory.mktemp("cloud")
        made.append(CloudWorld(folder, make_receiver() if told else None, **settings))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def make_scripted():
    """A function that makes upstreams whose answers a test writes."""
    made = []

    def make():
        made.append(ScriptedUpstream())
        return made[-1]

    yield make
    for one in made:
        one.close()


def run_instance(ec2, **more):
    """An instance: its id, and those of its group and its interface."""
    (instance,) = ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1, InstanceType="t3.micro", **more)["Instances"]
    (interface,) = instance["NetworkInterfaces"]
    return instance["InstanceId"], instance["SecurityGroups"][0]["GroupId"], interface["NetworkInterfaceId"]


def build_network(cloud):
    """What EC2 has; the types with the ids that are to be listed."""
    ec2 = cloud.client("ec2")
    tags = lambda kind: [{"ResourceType": kind, "Tags": [{"Key": "team", "Value": "web"}]}]  # noqa: E731
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc"))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    ingress = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ingress])
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    key = ec2.create_key_pair(KeyName="ops")["KeyName"]
    instance, _, interface = run_instance(
        ec2, SubnetId=subnet, SecurityGroupIds=[group], KeyName=key, TagSpecifications=tags("instance")
    )
    volume = ec2.create_volume(AvailabilityZone=f"{HOME_REGION}a", Size=8, TagSpecifications=tags("volume"))["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    acls = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]
    return {
        VPC: vpc,
        "AWS::EC2::Subnet": subnet,
        GROUP: group,
        INTERFACE: interface,
        "AWS::EC2::Volume": volume,
        INSTANCE: instance,
        "AWS::EC2::RouteTable": table,
        "AWS::EC2::NetworkAcl": acls[0]["NetworkAclId"],
        "AWS::EC2::InternetGateway": gateway,
        "AWS::EC2::NatGateway": nat,
        "AWS::EC2::EIP": address,
        "AWS::EC2::KeyPair": key,
    }


def build_bucket(cloud, name="acme-data"):
    """A bucket with much set up."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "team", "Value": "web"}]})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    return name


def build_services(cloud, network):
    """What services have that speak in all forms; the types with the ids that are to be listed."""
    table = cloud.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "team", "Value": "web"}],
    )["TableDescription"]["TableName"]
    queue = cloud.client("sqs").create_queue(QueueName="jobs", tags={"team": "web"})["QueueUrl"]
    key = cloud.client("kms").create_key(Description="k", Tags=[{"TagKey": "team", "TagValue": "web"}])
    secret = cloud.client("secretsmanager").create_secret(Name="db", SecretString="s3cret-never-told")["ARN"]
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = cloud.behind("iam").create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    cloud.client("lambda").create_function(
        FunctionName="f", Runtime="python3.12", Role=role, Handler="a.b", Code={"ZipFile": b"x"}, Tags={"team": "web"}
    )
    rds, subnet = cloud.client("rds"), network["AWS::EC2::Subnet"]
    rds.create_db_subnet_group(DBSubnetGroupName="subnets", DBSubnetGroupDescription="s", SubnetIds=[subnet])
    database = rds.create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="u",
        MasterUserPassword="s3cret-never-told",
        DBSubnetGroupName="subnets",
        AllocatedStorage=10,
    )["DBInstance"]
    groups = [network[GROUP]]
    balancer = cloud.client("elbv2").create_load_balancer(Name="front", Subnets=[subnet], SecurityGroups=groups)
    ecs = cloud.client("ecs")
    ecs.create_cluster(clusterName="c")
    container = {"name": "web", "image": "web", "memory": 64}
    task = ecs.register_task_definition(family="web", containerDefinitions=[container])["taskDefinition"]
    service = ecs.create_service(cluster="c", serviceName="web", taskDefinition="web", desiredCount=0)["service"]
    certificate = cloud.client("acm").request_certificate(DomainName="acme.example")["CertificateArn"]
    zone = cloud.client("route53").create_hosted_zone(Name="acme.example.", CallerReference="1")["HostedZone"]["Id"]
    scaling = cloud.client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="lc", ImageId=AMI, InstanceType="t3.micro")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="g", LaunchConfigurationName="lc", MinSize=0, MaxSize=0, VPCZoneIdentifier=subnet
    )
    (scaled,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    (launched,) = scaling.describe_launch_configurations()["LaunchConfigurations"]
    return {
        "AWS::DynamoDB::Table": table,
        QUEUE: queue,
        "AWS::KMS::Key": key["KeyMetadata"]["KeyId"],
        "AWS::SecretsManager::Secret": secret,
        "AWS::Lambda::Function": "f",
        "AWS::RDS::DBSubnetGroup": "subnets",
        "AWS::RDS::DBInstance": database["DbiResourceId"],
        "AWS::ElasticLoadBalancingV2::LoadBalancer": balancer["LoadBalancers"][0]["LoadBalancerArn"],
        "AWS::ECS::Cluster": "c",
        "AWS::ECS::TaskDefinition": task["taskDefinitionArn"],
        "AWS::ECS::Service": service["serviceArn"],
        "AWS::ACM::Certificate": certificate,
        ZONE: zone.split("/")[-1],
        "AWS::AutoScaling::AutoScalingGroup": scaled["AutoScalingGroupARN"],
        "AWS::AutoScaling::LaunchConfiguration": launched["LaunchConfigurationARN"],
    }


def test_what_was_made_through_the_gateway_is_recorded_with_what_it_is_related_to(make_cloud):
    cloud = make_cloud()
    network = build_network(cloud)
    all_of_it = {**network, BUCKET: build_bucket(cloud), **build_services(cloud, network)}
    cloud.list_everything()
    assert cloud.recorder_status() == ("SUCCESS", None, None)
    missing = {kind: name for kind, name in all_of_it.items() if name not in cloud.ids(kind)}
    assert missing == {}

    instance = cloud.item(INSTANCE, network[INSTANCE])
    assert instance["tags"] == {"team": "web"}
    assert instance["configuration"]["instanceType"] == "t3.micro"
    assert instance["availabilityZone"].startswith(HOME_REGION)
    wanted = [VPC, "AWS::EC2::Subnet", GROUP, INTERFACE, "AWS::EC2::Volume"]
    assert {(kind, network[kind]) for kind in wanted} <= related(instance)
    assert (INSTANCE, network[INSTANCE]) in related(cloud.item("AWS::EC2::Volume", network["AWS::EC2::Volume"]))
    group = cloud.item(GROUP, network[GROUP])
    assert group["configuration"]["ipPermissions"][0]["ipRanges"] == ["0.0.0.0/0"]

    bucket = cloud.item(BUCKET, "acme-data")
    more = bucket["supplementaryConfiguration"]
    assert bucket["tags"] == {"team": "web"}
    assert more["BucketVersioningConfiguration"]["status"] == "Enabled"
    assert "s3:GetObject" in json.dumps(more["BucketPolicy"])
    assert more["PublicAccessBlockConfiguration"]["blockPublicAcls"] is True
    assert more["ServerSideEncryptionConfiguration"]["rules"]

    assert cloud.item("AWS::Lambda::Function", "f")["tags"] == {"team": "web"}
    assert cloud.item(QUEUE, all_of_it[QUEUE])["configuration"]["QueueName"] == "jobs"
    database = cloud.item("AWS::RDS::DBInstance", all_of_it["AWS::RDS::DBInstance"])
    assert ("AWS::RDS::DBSubnetGroup", "subnets") in related(database)
    # Nothing that is secret is in any of it.
    items = [cloud.item(kind, name) for kind, name in all_of_it.items()]
    assert "s3cret-never-told" not in json.dumps(items, default=str)


def test_what_is_the_same_makes_no_item_however_often_it_is_listed(make_cloud):
    cloud = make_cloud()
    network = build_network(cloud)
    all_of_it = {**network, BUCKET: build_bucket(cloud), **build_services(cloud, network)}
    cloud.server.move_clock(advance="1h")
    before = {kind: len(cloud.history(kind, name)) for kind, name in all_of_it.items()}
    cloud.server.move_clock(advance="1h")
    cloud.server.move_clock(advance="1h")
    assert {kind: len(cloud.history(kind, name)) for kind, name in all_of_it.items()} == before


def test_a_rule_that_is_removed_is_told_of_with_all_that_is_in_the_group(make_cloud):
    cloud = make_cloud(told=True)
    ec2 = cloud.client("ec2")
    group = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])
    instance, _, interface = run_instance(ec2, SecurityGroupIds=[group])
    cloud.a_moment()
    cloud.list_everything()
    before = {key: len(cloud.history(*key)) for key in [(GROUP, group), (INSTANCE, instance), (INTERFACE, interface)]}

    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[ssh])
    cloud.a_moment()
    for key, count in before.items():
        items = cloud.history(*key)
        assert (len(items), items[-1]["configurationItemStatus"]) == (count + 1, "OK"), key
        told = cloud.told_of(*key, "UPDATE" if key[0] == GROUP else "NONE")
        assert told["configurationItem"]["configurationItemStatus"] == "OK"
    assert cloud.item(GROUP, group)["configuration"]["ipPermissions"] == []
    # It happens once.
    cloud.list_everything()
    assert {key: len(cloud.history(*key)) for key in before} == {key: count + 1 for key, count in before.items()}


def test_a_life_through_the_gateway(make_cloud):
    cloud = make_cloud()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="life")
    cloud.a_moment()
    assert cloud.statuses(BUCKET, "life") == ["ResourceDiscovered"]
    s3.put_bucket_tagging(Bucket="life", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    cloud.a_moment()
    assert cloud.item(BUCKET, "life")["tags"] == {"a": "b"}
    s3.put_object(Bucket="life", Key="k", Body=b"x")
    s3.delete_object(Bucket="life", Key="k")
    s3.delete_bucket(Bucket="life")
    cloud.a_moment()
    assert cloud.statuses(BUCKET, "life") == ["ResourceDiscovered", "OK", "ResourceDeleted"]
    assert "life" not in cloud.ids(BUCKET)


def test_an_upstream_that_is_away_leaves_everything_as_it_was(make_cloud):
    cloud = make_cloud()
    queue = cloud.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    cloud.a_moment()
    assert cloud.statuses(QUEUE, queue) == ["ResourceDiscovered"]
    cloud.moto.close()
    cloud.server.move_clock(advance="1h")
    cloud.server.move_clock(advance="1h")
    word, code, message = cloud.recorder_status()
    assert (word, code) == ("FAILURE", "UpstreamUnavailable") and "could not be listed" in message
    assert cloud.statuses(QUEUE, queue) == ["ResourceDiscovered"]
    cloud.restart()
    cloud.list_everything()
    assert cloud.recorder_status()[:2] == ("FAILURE", "UpstreamUnavailable")
    assert queue in cloud.ids(QUEUE)


def test_what_went_around_the_gateway_is_deleted_once_it_was_listed_without_it(make_cloud):
    cloud = make_cloud()
    queue = cloud.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    kept = cloud.behind("sqs").create_queue(QueueName="kept")["QueueUrl"]
    cloud.list_everything()
    assert {queue, kept} <= cloud.ids(QUEUE)
    cloud.behind("sqs").delete_queue(QueueUrl=queue)
    cloud.list_everything()
    cloud.server.move_clock(advance="30s")
    assert cloud.statuses(QUEUE, queue) == ["ResourceDiscovered", "ResourceDeleted"]
    assert cloud.statuses(QUEUE, kept) == ["ResourceDiscovered"]


@pytest.mark.parametrize("kill", [False, True])
def test_what_changed_while_the_server_was_away_is_found_at_its_start(make_cloud, kill):
    cloud = make_cloud()
    queue = cloud.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    cloud.a_moment()
    cloud.wait_for(QUEUE, queue)
    cloud.client("sqs").tag_queue(QueueUrl=queue, Tags={"lost": "in the queue"})
    cloud.restart(kill)
    made = cloud.behind("sqs").create_queue(QueueName="made")["QueueUrl"]
    cloud.list_everything()
    assert cloud.item(QUEUE, queue)["tags"] == {"lost": "in the queue"}
    assert cloud.statuses(QUEUE, made) == ["ResourceDiscovered"]
    cloud.list_everything()
    assert len(cloud.history(QUEUE, queue)) == 2


def test_each_region_has_its_own_and_what_is_of_none_is_at_home(make_cloud):
    cloud = make_cloud()
    zone = cloud.client("route53", SECOND_REGION).create_hosted_zone(Name="acme.example.", CallerReference="1")
    zone = zone["HostedZone"]["Id"].split("/")[-1]
    there = {"CreateBucketConfiguration": {"LocationConstraint": SECOND_REGION}}
    cloud.record(SECOND_REGION)
    cloud.client("s3").create_bucket(Bucket="far", **there)
    queue = cloud.client("sqs", SECOND_REGION).create_queue(QueueName="jobs")["QueueUrl"]
    cloud.a_moment()
    assert cloud.statuses(QUEUE, queue, SECOND_REGION) == ["ResourceDiscovered"]
    assert "far" in cloud.ids(BUCKET, SECOND_REGION)
    cloud.list_everything()
    assert queue not in cloud.ids(QUEUE)
    assert "far" not in cloud.ids(BUCKET)
    assert (zone in cloud.ids(ZONE), cloud.ids(ZONE, SECOND_REGION)) == (True, set())
    assert cloud.item(ZONE, zone)["awsRegion"] == "global"


def test_only_what_the_group_names_is_recorded(make_cloud):
    cloud = make_cloud(group={"resourceTypes": [QUEUE]})
    vpc = cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    queue = cloud.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    cloud.list_everything()
    assert (cloud.ids(QUEUE), cloud.ids(VPC)) == ({queue}, set())
    with pytest.raises(ClientError, match="ResourceNotDiscoveredException"):
        cloud.history(VPC, vpc)


def test_what_is_asked_of_upstreams_leaves_no_events(make_cloud):
    cloud = make_cloud()
    cloud.client("sqs").create_queue(QueueName="jobs")
    cloud.list_everything()
    records = cloud.server.records()
    of_queues = [record["eventName"] for record in records if record["eventSource"] == "sqs.amazonaws.com"]
    assert of_queues == ["CreateQueue"]
    assert not [record for record in records if record["userIdentity"].get("invokedBy") == "config.amazonaws.com"]
    status, metrics = cloud.server.page("/_trailwatch/metrics")
    counted = [line for line in metrics.splitlines() if line.startswith("trailwatch_upstream_service_calls_total")]
    assert status == 200 and any('service="sqs"' in line for line in counted), counted


def test_an_upstream_that_refuses_a_service_is_told_of_and_the_others_are_recorded(make_cloud, make_scripted):
    error = b"<Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error>"
    closed = make_scripted()
    body = b"<Response><Errors>" + error + b"</Errors></Response>"
    closed.play(lambda exchange: exchange.answer("403 Forbidden", body=body))
    cloud = make_cloud(options=("--upstream", f"ec2={closed.url}"))
    queue = cloud.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    cloud.list_everything()
    word, code, message = cloud.recorder_status()
    assert (word, code) == ("FAILURE", "AccessDenied")
    assert message.startswith("AWS::EC2::VPC could not be listed"), message
    assert queue in cloud.ids(QUEUE)
