"""The chain that the CIS AWS Foundations Benchmark asks for: a call, a trail, its log group, a metric filter, an alarm,
a notification."""

import contextlib
import json
import time

import pytest
from botocore.exceptions import ClientError

from cis_patterns import CONTROLS, IAM_POLICY_CALLS
from harness import HOME_REGION, Credentials
from policies import allow, document
from sign_ins import PASSWORD, attempt, code, enable_mfa, sign_in, step
from test_trails import policy as bucket_policy

GROUP = "trail"
NAMESPACE = "CIS"
ANY_ROLE = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}})


class Account:
    """An account whose trail writes to a log group, and an administrator who is not root."""

    def __init__(self, server, root):
        self.server, self.root, self.number = server, root, root.key
        iam = server.client("iam", root)
        self.admin_key = self.user(iam, "admin")
        iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName="trail", AssumeRolePolicyDocument=document(service))["Role"]["Arn"]
        writes = allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:*:{self.number}:log-group:{GROUP}:*")
        iam.put_role_policy(RoleName="trail", PolicyName="writes", PolicyDocument=document(writes))
        self.bucket = f"trail-{self.number}"
        trail = f"arn:aws:cloudtrail:{HOME_REGION}:{self.number}:trail/main"
        s3 = self.client("s3")
        s3.create_bucket(Bucket=self.bucket)
        s3.put_bucket_policy(Bucket=self.bucket, Policy=bucket_policy(self.bucket, self.number, trail))
        self.client("logs").create_log_group(logGroupName=GROUP)
        group = f"arn:aws:logs:{HOME_REGION}:{self.number}:log-group:{GROUP}:*"
        trails = self.client("cloudtrail")
        trails.create_trail(
            Name="main",
            S3BucketName=self.bucket,
            IsMultiRegionTrail=True,
            CloudWatchLogsLogGroupArn=group,
            CloudWatchLogsRoleArn=role,
        )
        trails.start_logging(Name="main")

    @staticmethod
    def user(iam, name, **more):
        iam.create_user(UserName=name, **more)
        return Credentials.of(iam.create_access_key(UserName=name)["AccessKey"])

    def client(self, service, credentials=None, **more):
        return self.server.client(service, credentials or self.admin_key, **more)

    def watch(self, *controls):
        logs = self.client("logs")
        for control in controls:
            what = {"metricName": control.metric, "metricNamespace": NAMESPACE, "metricValue": "1"}
            logs.put_metric_filter(
                logGroupName=GROUP,
                filterName=control.metric,
                filterPattern=control.pattern,
                metricTransformations=[what],
            )


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.number)
def test_a_pattern_finds_what_it_is_for_and_nothing_else(server, root, control):
    samples = [json.dumps(record) for record in (*control.found, *control.passed_over)]
    answer = server.client("logs", root).test_metric_filter(filterPattern=control.pattern, logEventMessages=samples[:50])
    found = [match["eventMessage"] for match in answer["matches"]]
    assert found == samples[: len(control.found)]


def refused(call, **how):
    with pytest.raises(ClientError) as error:
        call(**how)
    return error.value.response["Error"]["Code"]


def change_policies(account):
    """Each of IAM's calls that the pattern names, once."""
    iam = account.client("iam")
    iam.create_group(GroupName="g")
    iam.create_user(UserName="u")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=ANY_ROLE)
    text = document(allow("s3:ListAllMyBuckets"))
    arn = iam.create_policy(PolicyName="p", PolicyDocument=text)["Policy"]["Arn"]
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=text)["PolicyVersion"]["VersionId"]
    iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    for kind, name in [("Group", "g"), ("Role", "r"), ("User", "u")]:
        who, noun = {f"{kind}Name": name}, kind.lower()
        getattr(iam, f"put_{noun}_policy")(PolicyName="i", PolicyDocument=text, **who)
        getattr(iam, f"delete_{noun}_policy")(PolicyName="i", **who)
        getattr(iam, f"attach_{noun}_policy")(PolicyArn=arn, **who)
        getattr(iam, f"detach_{noun}_policy")(PolicyArn=arn, **who)
    iam.delete_policy(PolicyArn=arn)
    return len(IAM_POLICY_CALLS)


def change_trails(account):
    """Each of CloudTrail's calls that the pattern names, once."""
    trails = account.client("cloudtrail")
    policy = bucket_policy(account.bucket, account.number, f"arn:aws:cloudtrail:{HOME_REGION}:{account.number}:trail/*")
    account.client("s3").put_bucket_policy(Bucket=account.bucket, Policy=policy.replace("StringEquals", "StringLike"))
    trails.create_trail(Name="other", S3BucketName=account.bucket)
    trails.update_trail(Name="other", IncludeGlobalServiceEvents=False)
    trails.start_logging(Name="other")
    trails.stop_logging(Name="other")
    trails.delete_trail(Name="other")
    return 5


def test_each_control_counts_its_calls_exactly(make_server, root):
    server = make_server().start()
    account = Account(server, root)
    iam = account.client("iam")
    nobody = account.user(iam, "nobody")
    for name in ("dave", "erin"):
        account.user(iam, name)
        iam.create_login_profile(UserName=name, Password=PASSWORD)
    _, seed = enable_mfa(server, iam, "erin", "erin")
    # What came before is in the group before the filters are.
    server.move_clock(advance="1m")
    account.watch(*CONTROLS)
    begun = server.now()

    expected = {control.metric: 0 for control in CONTROLS}
    assert refused(account.client("iam", nobody).list_users) == "AccessDenied"
    assert refused(account.client("cloudtrail", nobody).describe_trails) == "AccessDeniedException"
    assert refused(account.client("s3", nobody).create_bucket, Bucket=f"x-{root.key}") == "AccessDenied"
    expected["UnauthorizedApiCalls"] = 3
    sign_in(server, root.key, "dave")
    sign_in(server, root.key, "erin", mfaCode=code(seed, step(server)))
    expected["SignInWithoutMfa"] = 1
    server.client("iam", root).get_account_summary()
    sign_in(server, root.key, password="test")
    expected["RootUsage"] = 2
    expected["IamPolicyChanges"] = change_policies(account)
    expected["CloudTrailChanges"] = change_trails(account)
    assert attempt(server, root.key, "dave", "wrong")[0] == 401
    assert attempt(server, root.key, "erin")[0] == 401
    assert attempt(server, root.key, "nothing-like-a-user")[0] == 401
    expected["SignInFailures"] = 2
    s3 = account.client("s3")
    s3.create_bucket(Bucket=f"acme-{root.key}")
    own = allow("s3:GetObject", f"arn:aws:s3:::acme-{root.key}/*", Principal={"AWS": f"arn:aws:iam::{root.key}:root"})
    own["Resource"] = f"arn:aws:s3:::acme-{root.key}/*"
    s3.put_bucket_policy(Bucket=f"acme-{root.key}", Policy=document(own))
    s3.delete_bucket_policy(Bucket=f"acme-{root.key}")
    expected["BucketPolicyChanges"] = 3
    config = account.client("config")
    recorder = {"name": "default", "roleARN": f"arn:aws:iam::{root.key}:role/trail"}
    # Whether or not Config answers these: they are recorded, and that is what is counted.
    with contextlib.suppress(ClientError):
        config.put_configuration_recorder(ConfigurationRecorder=recorder)
    with contextlib.suppress(ClientError):
        config.stop_configuration_recorder(ConfigurationRecorderName="default")
    expected["ConfigChanges"] = 2

    # Delivered, counted, and the minute is over.
    server.move_clock(advance="1m")
    queries = [
        {
            "Id": control.metric[0].lower() + control.metric[1:],
            "MetricStat": {
                "Metric": {"Namespace": NAMESPACE, "MetricName": control.metric},
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for control in CONTROLS
    ]
    bounds = {"StartTime": begun[:17] + "00Z", "EndTime": server.move_clock(advance="2m")}
    results = account.client("cloudwatch").get_metric_data(MetricDataQueries=queries, **bounds)["MetricDataResults"]
    counted = {control.metric: sum(result["Values"]) for control, result in zip(CONTROLS, results, strict=True)}
    assert counted == expected


def test_a_change_of_iam_reaches_a_webhook_within_seconds(make_server, make_receiver, root):
    webhook = make_receiver()
    server = make_server(clock="system").start()
    account = Account(server, root)
    account.watch(*(control for control in CONTROLS if control.metric == "IamPolicyChanges"))
    sns, cloudwatch = account.client("sns"), account.client("cloudwatch")
    topic = sns.create_topic(Name="security")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=webhook.url)
    webhook.confirm()
    # A filter's metric stands at the start of its minute: the alarm looks back over more than one.
    cloudwatch.put_metric_alarm(
        AlarmName="iam-policy-changes",
        Namespace=NAMESPACE,
        MetricName="IamPolicyChanges",
        Statistic="Sum",
        Period=10,
        EvaluationPeriods=8,
        DatapointsToAlarm=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
    )
    admin = account.client("iam")
    began = time.monotonic()
    admin.put_user_policy(UserName="admin", PolicyName="more", PolicyDocument=document(allow("*")))
    (request,) = webhook.notifications()
    took = time.monotonic() - began
    told = json.loads(request.json()["Message"])
    assert (told["AlarmName"], told["NewStateValue"]) == ("iam-policy-changes", "ALARM")
    assert told["AWSAccountId"] == root.key
    print(f"from the change to the webhook: {took:.1f} s")
