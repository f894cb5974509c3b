"""What alarms do: instances and groups of a real moto, messages, events and repetitions, with the
clock turned."""

import json

import boto3
import pytest

from harness import HOME_REGION, SERVER_ACCOUNT
from metrics import MINUTE, dimensions, instant

AUTOMATE = f"arn:aws:automate:{HOME_REGION}:ec2:"
OLDER = f"arn:aws:swf:{HOME_REGION}:{SERVER_ACCOUNT}:action/actions/AWS_EC2.InstanceId."


@pytest.fixture
def aws(moto):
    """Clients of moto, around the server."""

    def client(service):
        return boto3.client(
            service,
            region_name=HOME_REGION,
            endpoint_url=moto.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return client


@pytest.fixture
def server(make_server, moto):
    """A server with moto behind it."""
    return make_server(options=moto.upstream("ec2", "autoscaling")).start()


def image(ec2):
    """An image that instances can be made of."""
    return ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]


def launch(ec2):
    """The id of a running instance."""
    made = ec2.run_instances(ImageId=image(ec2), MinCount=1, MaxCount=1, InstanceType="t3.micro")
    return made["Instances"][0]["InstanceId"]


def state_of(ec2, instance):
    """The state of an instance."""
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]


def put_alarm(server, name="busy", dims=(), **more):
    """Puts an alarm above 50 over one minute."""
    settings = {
        "AlarmName": name,
        "Namespace": "Acting",
        "MetricName": "load",
        "Dimensions": list(dims),
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 50,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
        **more,
    }
    server.client("cloudwatch").put_metric_alarm(**settings)


def breach(server, dims=(), value=90):
    """Puts a point of the newest finished minute, and lets alarms on it be evaluated."""
    minute = instant(server.now()).replace(second=0, microsecond=0) - MINUTE
    datum = {"MetricName": "load", "Dimensions": list(dims), "Timestamp": minute, "Value": value}
    server.client("cloudwatch").put_metric_data(Namespace="Acting", MetricData=[datum])
    server.move_clock(advance="5s")


def actions_of(server, name="busy"):
    """The Action items of an alarm's history, oldest first."""
    items = server.client("cloudwatch").describe_alarm_history(
        AlarmName=name, HistoryItemType="Action", ScanBy="TimestampAscending"
    )
    return items["AlarmHistoryItems"]


def summaries(server, name="busy"):
    """The summaries of what an alarm did, oldest first."""
    return [item["HistorySummary"] for item in actions_of(server, name)]


@pytest.mark.parametrize("action", [f"{AUTOMATE}stop", f"{OLDER}Stop/1.0"])
def test_an_alarm_stops_an_instance(server, aws, action):
    ec2 = aws("ec2")
    instance, other = launch(ec2), launch(ec2)
    dims = dimensions(InstanceId=instance)
    put_alarm(server, dims=dims, AlarmActions=[action])
    breach(server, dims)
    assert state_of(ec2, instance) == "stopped"
    assert state_of(ec2, other) == "running"
    assert summaries(server) == [f"Successfully executed action {action}"]


def test_an_alarm_terminates_an_instance(server, aws):
    ec2 = aws("ec2")
    instance = launch(ec2)
    dims = dimensions(InstanceId=instance)
    put_alarm(server, dims=dims, AlarmActions=[f"{AUTOMATE}terminate"])
    breach(server, dims)
    assert state_of(ec2, instance) == "terminated"


@pytest.mark.parametrize("change", ["reboot", "recover"])
def test_an_alarm_gets_an_instance_to_run_again(server, aws, change):
    ec2 = aws("ec2")
    instance = launch(ec2)
    ec2.stop_instances(InstanceIds=[instance])
    dims = dimensions(InstanceId=instance)
    put_alarm(server, dims=dims, AlarmActions=[f"{AUTOMATE}{change}"])
    breach(server, dims)
    assert state_of(ec2, instance) == "running"
    assert summaries(server) == [f"Successfully executed action {AUTOMATE}{change}"]


def test_an_instance_that_is_not_there_is_told_in_the_history(server):
    dims = dimensions(InstanceId="i-0123456789abcdef0")
    put_alarm(server, dims=dims, AlarmActions=[f"{AUTOMATE}stop"])
    breach(server, dims)
    item = actions_of(server)[0]
    assert item["HistorySummary"].startswith(f"Failed to execute action {AUTOMATE}stop. Received error: ")
    data = json.loads(item["HistoryData"])
    assert data["actionState"] == "Failed"
    assert data["notificationResource"] == f"{AUTOMATE}stop"
    assert "InvalidInstanceID.NotFound" in data["error"]


def test_a_group_grows_each_minute_while_the_state_lasts(server, aws):
    ec2, scaling = aws("ec2"), aws("autoscaling")
    scaling.create_launch_configuration(
        LaunchConfigurationName="web", ImageId=image(ec2), InstanceType="t3.micro", InstanceMonitoring={"Enabled": False}
    )
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="web",
        MinSize=1,
        MaxSize=10,
        DesiredCapacity=1,
        AvailabilityZones=[zone],
    )
    scaling.put_scaling_policy(
        AutoScalingGroupName="web", PolicyName="grow", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1
    )
    policy = scaling.describe_policies(AutoScalingGroupName="web")["ScalingPolicies"][0]["PolicyARN"]

    def size():
        group = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0]
        return len(group["Instances"])

    put_alarm(server, AlarmActions=[policy])
    breach(server)
    assert size() == 2
    server.move_clock(advance="2m")
    assert size() == 4
    server.client("cloudwatch").set_alarm_state(AlarmName="busy", StateValue="OK", StateReason="enough")
    before = size()
    server.move_clock(advance="10m")
    assert size() == before
    assert set(summaries(server)) == {f"Successfully executed action {policy}"}


def test_an_upstream_that_is_missing_is_named_in_the_history(make_server):
    server = make_server().start()
    dims = dimensions(InstanceId="i-1")
    put_alarm(server, dims=dims, AlarmActions=[f"{AUTOMATE}stop"])
    breach(server, dims)
    assert "--upstream ec2=URL" in summaries(server)[0]
    server.move_clock(advance="1h")
    assert len(summaries(server)) == 1


def test_an_upstream_that_fails_is_tried_again(make_server, make_receiver):
    broken = make_receiver(answer=lambda request: 503)
    server = make_server(options=("--upstream", f"ec2={broken.url}")).start()
    dims = dimensions(InstanceId="i-1")
    put_alarm(server, dims=dims, AlarmActions=[f"{AUTOMATE}stop"])
    breach(server, dims)
    assert len(summaries(server)) == 1
    broken.answer = lambda request: 200
    server.move_clock(advance="1h")
    first, second = actions_of(server)
    assert "It is tried again in 10 s." in first["HistorySummary"]
    assert second["HistorySummary"] == f"Successfully executed action {AUTOMATE}stop"
    assert round((second["Timestamp"] - first["Timestamp"]).total_seconds()) == 10
    assert len(broken.inbox.all()) == 2


def test_a_function_is_invoked_asynchronously(make_server, make_receiver):
    functions = make_receiver(answer=lambda request: 202)
    server = make_server(options=("--upstream", f"lambda={functions.url}")).start()
    put_alarm(server, AlarmActions=[f"arn:aws:lambda:{HOME_REGION}:{SERVER_ACCOUNT}:function:page:live"])
    breach(server)
    request = functions.inbox.all()[0]
    assert request.path == "/2015-03-31/functions/page/invocations?Qualifier=live"
    assert request.headers["x-amz-invocation-type"] == "Event"
    told = request.json()
    assert told["source"] == "aws.cloudwatch"
    assert told["alarmData"]["state"]["value"] == "ALARM"
    assert told["alarmData"]["previousState"]["value"] == "INSUFFICIENT_DATA"


def test_every_change_is_an_event_also_without_actions(make_server, make_receiver):
    receiver = make_receiver()
    server = make_server(options=("--event-webhook", f"{receiver.url}/events")).start()
    dims = dimensions(InstanceId="i-1")
    put_alarm(server, dims=dims, ActionsEnabled=False)
    breach(server, dims)
    server.client("cloudwatch").delete_alarms(AlarmNames=["busy"])
    server.move_clock(advance="1s")
    created, changed, deleted = receiver.inbox.wait_for(lambda request: request.path == "/events", 3)
    created, changed, deleted = created.json(), changed.json(), deleted.json()
    assert created["detail-type"] == deleted["detail-type"] == "CloudWatch Alarm Configuration Change"
    assert (created["detail"]["operation"], deleted["detail"]["operation"]) == ("create", "delete")
    assert changed["detail-type"] == "CloudWatch Alarm State Change"
    assert changed["source"] == "aws.cloudwatch"
    assert changed["resources"] == [f"arn:aws:cloudwatch:{HOME_REGION}:{SERVER_ACCOUNT}:alarm:busy"]
    metric = changed["detail"]["configuration"]["metrics"][0]["metricStat"]["metric"]
    assert metric["dimensions"] == {"InstanceId": "i-1"}
    assert json.loads(changed["detail"]["state"]["reasonData"])["recentDatapoints"] == [90.0]
    assert created["detail"]["configuration"]["metrics"][0]["id"] == changed["detail"]["configuration"]["metrics"][0]["id"]


def test_an_alarm_with_the_tag_repeats_itself_until_it_recovers(make_server, make_receiver):
    receiver = make_receiver()
    server = make_server().start()
    sns, cloudwatch = server.client("sns"), server.client("cloudwatch")
    topic = sns.create_topic(Name="operators")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{receiver.url}/in")
    receiver.confirm("/in")
    put_alarm(server, AlarmActions=[topic], OKActions=[topic], Tags=[{"Key": "trailwatch:renotify", "Value": "30m"}])
    breach(server)

    def told():
        came = [one for one in receiver.inbox.all() if one.kind == "Notification"]
        return [json.loads(one.json()["Message"]) for one in came]

    assert [one["OldStateValue"] for one in told()] == ["INSUFFICIENT_DATA"]
    server.move_clock(advance="65m")
    assert [(one["OldStateValue"], one["NewStateValue"]) for one in told()[1:]] == [("ALARM", "ALARM")] * 2
    assert len(summaries(server)) == 3

    # While its actions are disabled it is quiet.
    cloudwatch.disable_alarm_actions(AlarmNames=["busy"])
    server.move_clock(advance="65m")
    assert len(told()) == 3
    cloudwatch.enable_alarm_actions(AlarmNames=["busy"])
    server.move_clock(advance="30m")
    assert len(told()) == 4

    breach(server, value=10)
    server.move_clock(advance="3h")
    assert [one["NewStateValue"] for one in told()] == ["ALARM"] * 4 + ["OK"]


def test_an_interval_that_is_none_is_refused(make_server):
    server = make_server().start()
    cloudwatch = server.client("cloudwatch")
    with pytest.raises(cloudwatch.exceptions.ClientError) as refused:
        put_alarm(server, Tags=[{"Key": "trailwatch:renotify", "Value": "soon"}])
    assert "trailwatch:renotify" in str(refused.value)
