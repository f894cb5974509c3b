"""AWS Config's queries: SelectResourceConfig by boto3 and the CLI, stored queries, items in SQL, `trailwatch resource`."""

import json
import os
import subprocess

import botocore.exceptions
import pytest

from harness import HOME_REGION, SERVER_ACCOUNT, Server, binary

ROUTER = "MyOrg::Net::Router"
ALARM = "AWS::CloudWatch::Alarm"
ROLE = f"arn:aws:iam::{SERVER_ACCOUNT}:role/config"


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A server on a clock that tests turn, whose recorder runs, with routers and an alarm that watches one of them."""
    one = Server(tmp_path_factory.mktemp("queries") / "data").start()
    config = one.client("config")
    one.client("s3").create_bucket(Bucket="acme-config")
    one.client("s3").put_bucket_policy(Bucket="acme-config", Policy=policy())
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": ROLE})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "acme-config"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    for number in range(30):
        put_router(config, f"r-{number:02}", number)
    one.client("cloudwatch").put_metric_alarm(
        AlarmName="busy",
        Namespace="Net",
        MetricName="load",
        Dimensions=[{"Name": "RouterId", "Value": "r-00"}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    one.move_clock(advance="2h")
    yield one
    died = not one.running()
    one.end()
    assert not died, one.stderr


def policy():
    """Lets Config write into the bucket."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::acme-config/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def put_router(config, router, ports):
    """Says what a router is like."""
    network = {"block": f"10.0.{ports % 256}.0/24", "ports": [{"number": n} for n in range(ports % 4)]}
    configuration = {"slots": ports, "state": "up" if ports % 2 else "down", "network": network}
    config.put_resource_config(
        ResourceType=ROUTER,
        SchemaVersionId="1",
        ResourceId=router,
        Configuration=json.dumps(configuration),
        Tags={"rack": f"k{ports % 3}"},
    )


def select(server, expression, **more):
    """All results of a query, page by page."""
    results, config = [], server.client("config")
    while True:
        page = config.select_resource_config(Expression=expression, **more)
        results += [json.loads(result) for result in page["Results"]]
        if "NextToken" not in page:
            return results
        more["NextToken"] = page["NextToken"]


def ids(server, condition):
    """The ids of the routers for which a condition holds."""
    found = select(server, f"SELECT resourceId WHERE resourceType = '{ROUTER}' AND {condition}")
    return [one["resourceId"] for one in found]


def run(server, *arguments, dev=True):
    """Runs a command of `trailwatch` against a server, or against none."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TRAILWATCH_"))}
    if server:
        kept.update(AWS_ENDPOINT_URL=server.url, AWS_REGION=HOME_REGION)
    arguments = [*arguments, *(["--dev"] if dev else [])]
    return subprocess.run([binary(), *arguments], env=kept, capture_output=True, text=True, timeout=120)


def sql(server, statement):
    """The rows of a statement."""
    done = run(server, "sql", statement, "--format", "json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_conditions_find_resources(recording):
    assert ids(recording, "configuration.slots > 27") == ["r-28", "r-29"]
    assert ids(recording, "configuration.state.value = 'up' AND tags.tag = 'rack=k0' AND configuration.slots < 10") == [
        "r-03",
        "r-09",
    ]
    assert ids(recording, "configuration.network.block = '10.0.7.99'") == ["r-07"]
    assert ids(recording, "configuration.network.block BETWEEN '10.0.3.255' AND '10.0.5.0'") == ["r-03", "r-04", "r-05"]
    assert ids(recording, "configuration.network.ports.number = 2 AND resourceId LIKE 'r-0%'") == ["r-03", "r-07"]
    assert len(ids(recording, "NOT configuration.slots < 10")) == 20


def test_results_are_nested_and_fields_are_named(recording):
    config = recording.client("config")
    page = config.select_resource_config(
        Expression=f"SELECT resourceId, configuration.slots, tags WHERE resourceType = '{ROUTER}' AND resourceId = 'r-05'"
    )
    (result,) = page["Results"]
    assert json.loads(result) == {
        "resourceId": "r-05",
        "configuration": {"slots": 5.0},
        "tags": [{"tag": "rack=k2", "key": "rack", "value": "k2"}],
    }
    assert [field["Name"] for field in page["QueryInfo"]["SelectFields"]] == [
        "resourceId",
        "configuration.slots",
        "tags",
    ]


def test_groups_are_counted(recording):
    expression = f"SELECT tags.value, COUNT(*), SUM(configuration.slots) WHERE resourceType = '{ROUTER}' GROUP BY tags.value"
    assert select(recording, expression) == [
        {"tags": {"value": "k0"}, "COUNT(*)": 10, "SUM(configuration.slots)": 135.0},
        {"tags": {"value": "k1"}, "COUNT(*)": 10, "SUM(configuration.slots)": 145.0},
        {"tags": {"value": "k2"}, "COUNT(*)": 10, "SUM(configuration.slots)": 155.0},
    ]


def test_pages_are_of_25_and_lead_on(recording):
    config = recording.client("config")
    expression = f"SELECT resourceId WHERE resourceType = '{ROUTER}' ORDER BY configuration.slots DESC"
    first = config.select_resource_config(Expression=expression)
    assert len(first["Results"]) == 25
    found = [one["resourceId"] for one in select(recording, expression)]
    assert found == [f"r-{number:02}" for number in reversed(range(30))]


def test_the_command_line_asks_as_well(recording):
    answer = recording.cli_json(
        "configservice",
        "select-resource-config",
        "--expression",
        f"SELECT resourceId WHERE resourceType = '{ALARM}' AND configuration.dimensions.value = 'r-00'",
    )
    assert answer["Results"] == ['{"resourceId":"busy"}']


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("SELECT * FROM x", "syntax error at line 1, column 10"),
        ("SELECT resourceId\nWHERE resourceId = NULL", "syntax error at line 2, column 20"),
        ("SELECT resourceId WHERE resourceId LIKE '%foo'", "the pattern '%foo' is not supported"),
        ("SELECT nothing", "unknown property 'nothing'"),
    ],
)
def test_mistakes_are_refused(recording, expression, message):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        recording.client("config").select_resource_config(Expression=expression)
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidExpressionException"
    assert message in error["Message"]


def test_queries_are_stored_and_run(recording):
    config = recording.client("config")
    expression = "SELECT COUNT(*) WHERE resourceType = 'MyOrg::Net::Router'"
    arn = config.put_stored_query(
        StoredQuery={"QueryName": "routers", "Expression": expression}, Tags=[{"Key": "team", "Value": "net"}]
    )["QueryArn"]
    assert config.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "net"}]
    stored = config.get_stored_query(QueryName="routers")["StoredQuery"]
    assert select(recording, stored["Expression"]) == [{"COUNT(*)": 30}]
    assert [one["QueryName"] for one in config.list_stored_queries()["StoredQueryMetadata"]] == ["routers"]
    config.delete_stored_query(QueryName="routers")
    with pytest.raises(config.exceptions.ResourceNotFoundException):
        config.get_stored_query(QueryName="routers")


def test_items_are_tables_as_of_any_time(recording):
    config = recording.client("config")
    before = recording.now()
    recording.move_clock(advance="10m")
    put_router(config, "r-07", 107)
    config.delete_resource_config(ResourceType=ROUTER, ResourceId="r-08")
    slots = "json_extract_scalar(configuration, '$.slots') AS slots"
    of = f"resource_type = '{ROUTER}' AND resource_id IN ('r-07', 'r-08') ORDER BY resource_id, taken"
    assert sql(recording, f"SELECT resource_id, {slots} FROM config_resources WHERE {of}") == [
        {"resource_id": "r-07", "slots": "107"}
    ]
    assert sql(recording, f"SELECT resource_id, {slots} FROM config_at('{before}') WHERE {of}") == [
        {"resource_id": "r-07", "slots": "7"},
        {"resource_id": "r-08", "slots": "8"},
    ]
    states = sql(recording, f"SELECT resource_id, status, ended IS NULL AS now FROM config_items WHERE {of}")
    assert states == [
        {"resource_id": "r-07", "status": "ResourceDiscovered", "now": False},
        {"resource_id": "r-07", "status": "OK", "now": True},
        {"resource_id": "r-08", "status": "ResourceDiscovered", "now": False},
        {"resource_id": "r-08", "status": "ResourceDeleted", "now": True},
    ]
    gone = sql(
        recording,
        f"SELECT b.resource_id FROM config_at('{before}') b LEFT JOIN config_resources n ON n.resource_type = "
        f"b.resource_type AND n.resource_id = b.resource_id WHERE n.resource_id IS NULL AND b.resource_type = '{ROUTER}'",
    )
    assert gone == [{"resource_id": "r-08"}]


def test_a_resource_is_shown_as_it_was(make_server):
    server = make_server().start()
    config, alarms = server.client("config"), server.client("cloudwatch")
    server.client("s3").create_bucket(Bucket="acme-config")
    server.client("s3").put_bucket_policy(Bucket="acme-config", Policy=policy())
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": ROLE})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "acme-config"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")

    def put(threshold):
        alarms.put_metric_alarm(
            AlarmName="cpu",
            Namespace="Acme",
            MetricName="load",
            Dimensions=[{"Name": "RouterId", "Value": "r-1"}],
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=threshold,
            ComparisonOperator="GreaterThanThreshold",
        )

    put(1)
    put_router(config, "r-1", 1)
    server.move_clock(advance="2h")
    between = server.now()
    server.move_clock(advance="1h")
    put(2)
    alarms.set_alarm_state(AlarmName="cpu", StateValue="ALARM", StateReason="told so")
    server.move_clock(advance="2h")
    arn = alarms.describe_alarms(AlarmNames=["cpu"])["MetricAlarms"][0]["AlarmArn"]

    def shown(*arguments, of=server, dev=True):
        done = run(of, "resource", *arguments, "--json", dev=dev)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    then, now = shown(arn, "--at", between), shown(arn)
    assert (then["item"]["configuration"]["threshold"], now["item"]["configuration"]["threshold"]) == (1, 2)
    assert (then["until"], now["until"]) == (now["since"], None)
    assert [change["eventName"] for change in then["changes"]] == ["PutMetricAlarm"]
    assert "PutMetricAlarm" in [change["eventName"] for change in now["changes"]]
    # What the alarm watches shows it, with its state at that time.
    router = shown(f"{ROUTER}/r-1", "--at", between)
    assert router["item"]["configuration"]["slots"] == 1
    assert [change["eventName"] for change in router["changes"]] == ["PutResourceConfig"]
    assert [(alarm["name"], alarm["state"]) for alarm in router["alarms"]] == [("cpu", "INSUFFICIENT_DATA")]

    text = run(server, "resource", arn, "--at", between)
    assert f"{ALARM} cpu at" in text.stdout and "PutMetricAlarm" in text.stdout
    unknown = run(server, "resource", f"{ROUTER}/r-2")
    assert unknown.returncode == 1 and "no resource" in unknown.stderr
    assert shown(arn, "--at", "2020-01-01T00:00:00Z")["item"] is None

    server.stop()
    folder = ("--data", str(server.data))
    for at, expected in ((between, then), (now["at"], now)):
        offline = shown(arn, "--at", at, *folder, of=None, dev=False)
        assert (offline["item"], offline["changes"]) == (expected["item"], expected["changes"])
