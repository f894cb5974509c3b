"""Account policies by boto3 against the real server: what they do to the groups of an account (logs.md §5.3)."""

import gzip
import json

import pytest

from harness import HOME_REGION, SERVER_ROOT
from metrics import MINUTE, dimensions, instant
from policies import allow, document
from refusals import refused
from test_log_events import Stream

TRANSFORMER = json.dumps([{"csv": {"columns": ["level", "n"]}}])
NO_METRICS = json.dumps({"EmbeddedMetricFormat": {"Status": "Disabled"}})


def protection(*identifiers):
    ids = [f"arn:aws:dataprotection::aws:data-identifier/{name}" for name in identifiers]
    return json.dumps({
        "Name": "policy", "Version": "2021-06-01", "Statement": [
            {"DataIdentifier": ids, "Operation": {"Audit": {"FindingsDestination": {}}}},
            {"DataIdentifier": ids, "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    })


@pytest.fixture
def receiver(make_receiver):
    return make_receiver()


@pytest.fixture
def stream(server, root):
    return Stream(server, root)


def put(stream, kind, document, name="p", **more):
    answer = stream.logs.put_account_policy(policyName=name, policyType=kind, policyDocument=document, **more)
    return answer["accountPolicy"]


def delete(stream, kind, name="p"):
    stream.logs.delete_account_policy(policyName=name, policyType=kind)


def subscribe(stream, receiver, pattern="", **more):
    document = json.dumps({"DestinationArn": f"{receiver.url}/in", "FilterPattern": pattern})
    return put(stream, "SUBSCRIPTION_FILTER_POLICY", document, **more)


def make(stream, group):
    stream.logs.create_log_group(logGroupName=group)
    stream.logs.create_log_stream(logGroupName=group, logStreamName="s")


def put_to(stream, group, message):
    event = {"timestamp": stream.now, "message": message}
    stream.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])


def payload(request):
    return json.loads(gzip.decompress(request.body))


def delivered(receiver, count=1):
    """The first data messages, as soon as they are there."""
    found = receiver.inbox.wait_for(lambda request: payload(request)["messageType"] == "DATA_MESSAGE", count)
    return [payload(request) for request in found]


def total(server, root, namespace, name, **dims):
    """The sum of a metric around now; nothing where it has no data."""
    now = instant(server.now())
    points = server.client("cloudwatch", root).get_metric_statistics(
        Namespace=namespace, MetricName=name, Dimensions=dimensions(**dims), StartTime=now - 5 * MINUTE,
        EndTime=now + 5 * MINUTE, Period=60, Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points) if points else None


def test_policies_are_described_by_type_and_deleted(stream, root):
    made = put(stream, "TRANSFORMER_POLICY", TRANSFORMER, selectionCriteria='LogGroupNamePrefix = "app-"', scope="ALL")
    updated = made.pop("lastUpdatedTime")
    assert abs(updated - stream.now) < 60_000
    assert made == {
        "policyName": "p", "policyType": "TRANSFORMER_POLICY", "policyDocument": TRANSFORMER, "scope": "ALL",
        "selectionCriteria": 'LogGroupNamePrefix = "app-"', "accountId": root.key,
    }
    describe = stream.logs.describe_account_policies
    assert describe(policyType="TRANSFORMER_POLICY")["accountPolicies"] == [{**made, "lastUpdatedTime": updated}]
    assert describe(policyType="FIELD_INDEX_POLICY")["accountPolicies"] == []
    index = json.dumps({"Fields": ["a"], "FieldsV2": {"b": {"type": "FACET"}}})
    put(stream, "FIELD_INDEX_POLICY", index, selectionCriteria='DataSourceName = "a" AND DataSourceType = "b"')
    (found,) = describe(policyType="FIELD_INDEX_POLICY", policyName="p")["accountPolicies"]
    assert found["policyDocument"] == index
    delete(stream, "TRANSFORMER_POLICY")
    assert describe(policyType="TRANSFORMER_POLICY")["accountPolicies"] == []
    with refused("ResourceNotFoundException", 400):
        delete(stream, "TRANSFORMER_POLICY")
    with refused("ResourceNotFoundException", 400):
        describe(policyType="TRANSFORMER_POLICY", policyName="p")


def test_what_breaks_a_rule_is_refused(stream):
    put(stream, "TRANSFORMER_POLICY", TRANSFORMER, selectionCriteria='LogGroupNamePrefix = "app"')
    with refused("InvalidParameterException", 400) as refusal:
        put(stream, "TRANSFORMER_POLICY", TRANSFORMER, "q", selectionCriteria='LogGroupNamePrefix = "application"')
    assert "overlap" in refusal.message
    with refused("LimitExceededException", 400):
        put(stream, "TRANSFORMER_POLICY", TRANSFORMER, "q")
    put(stream, "DATA_PROTECTION_POLICY", protection("IpAddress"))
    with refused("LimitExceededException", 400):
        put(stream, "DATA_PROTECTION_POLICY", protection("IpAddress"), "q")
    with refused("InvalidParameterException", 400):
        put(stream, "METRIC_EXTRACTION_POLICY", NO_METRICS, "aws/p")
    with refused("InvalidParameterException", 400) as refusal:
        put(stream, "SUBSCRIPTION_FILTER_POLICY", json.dumps({"DestinationArn": "http://127.0.0.1:9/"}))
    assert refusal.message.startswith("Could not deliver test message to specified destination.")


def test_sensitive_data_are_masked_in_every_group_beside_what_a_groups_own_policy_names(stream):
    stream.put((0, "a@b.example before"))
    put(stream, "DATA_PROTECTION_POLICY", protection("EmailAddress"))
    stream.logs.put_data_protection_policy(logGroupIdentifier="g", policyDocument=protection("IpAddress"))
    make(stream, "later")
    put_to(stream, "g", "a@b.example 10.0.0.1")
    put_to(stream, "later", "a@b.example 10.0.0.1")
    masked = lambda group: [event["message"] for event in stream.logs.filter_log_events(logGroupName=group)["events"]]
    assert masked("g")[-1] == "*********** ********"
    assert masked("later") == ["*********** 10.0.0.1"]
    clear = stream.logs.filter_log_events(logGroupName="later", unmask=True)["events"]
    assert clear[0]["message"] == "a@b.example 10.0.0.1"
    (later,) = stream.logs.describe_log_groups(logGroupNamePrefix="later")["logGroups"]
    assert later["inheritedProperties"] == ["ACCOUNT_DATA_PROTECTION"]


def test_events_of_all_groups_but_the_excluded_are_sent(stream, receiver, root):
    subscribe(stream, receiver, "ERROR", selectionCriteria='LogGroupName NOT IN ["quiet"]')
    (control,) = receiver.inbox.wait_for(lambda request: request.path == "/in")
    assert payload(control)["messageType"] == "CONTROL_MESSAGE"
    for group in ("quiet", "later"):
        make(stream, group)
        put_to(stream, group, "ERROR here")
    stream.put((-1, "ERROR one"), (0, "fine"))
    data = sorted(delivered(receiver, 2), key=lambda one: one["logGroup"])
    assert [(one["logGroup"], [event["message"] for event in one["logEvents"]]) for one in data] == [
        ("g", ["ERROR one"]), ("later", ["ERROR here"])
    ]
    for one in data:
        assert (one["subscriptionFilters"], one["policyLevel"], one["owner"]) == (["p"], "ACCOUNT_LEVEL_POLICY", root.key)
    with refused("LimitExceededException", 400):
        subscribe(stream, receiver, name="q")
    # It counts for no group.
    for name in ("a", "b"):
        stream.logs.put_subscription_filter(
            logGroupName="g", filterName=name, filterPattern="", destinationArn=receiver.url
        )


def test_what_was_not_delivered_is_sent_after_a_crash(make_server, make_receiver):
    works = []
    receiver = make_receiver(answer=lambda request: 200 if works or payload(request)["messageType"] != "DATA_MESSAGE" else 503)
    server = make_server(clock="system").start()
    stream = Stream(server, SERVER_ROOT)
    subscribe(stream, receiver)
    make(stream, "later")
    put_to(stream, "later", "survives")
    delivered(receiver)
    server.kill()
    works.append(True)
    server.start()
    last = delivered(receiver, 2)[-1]
    assert (last["logGroup"], [event["message"] for event in last["logEvents"]]) == ("later", ["survives"])


def test_deliveries_are_counted(make_server, make_receiver):
    statuses = iter([200, 200, 429])
    receiver = make_receiver(answer=lambda _: next(statuses, 200))
    server = make_server().start()
    stream = Stream(server, SERVER_ROOT)
    subscribe(stream, receiver)
    own = {"DestinationType": "HTTP", "FilterName": "p", "PolicyLevel": "AccountPolicy"}
    stream.put((0, "one"), (0, "two"))
    delivered(receiver, 1)
    server.move_clock(advance="1s")
    stream.put((0, "three"))
    delivered(receiver, 2)
    for _ in range(4):
        server.move_clock(advance="1s")
    delivered(receiver, 3)
    # The job runs again only when it has told what it sent.
    server.move_clock(advance="61s")
    count = lambda name: total(server, SERVER_ROOT, "AWS/Logs", name, **own)
    assert (count("ForwardedLogEvents"), count("DeliveryThrottling"), count("DeliveryErrors")) == (3, 1, None)
    assert count("ForwardedBytes") > 100


def test_filters_apply_on_what_an_accounts_transformer_makes(stream, receiver, server, root):
    filter = {
        "logGroupName": "g", "filterName": "f", "filterPattern": "{ $.level = ERROR }", "applyOnTransformedLogs": True,
    }
    metric = {"metricName": "n", "metricNamespace": "App", "metricValue": "$.n"}
    with refused("InvalidOperationException", 400):
        stream.logs.put_metric_filter(**filter, metricTransformations=[metric])
    put(stream, "TRANSFORMER_POLICY", TRANSFORMER, selectionCriteria='LogGroupNamePrefix IN ["g"]')
    stream.logs.put_metric_filter(**filter, metricTransformations=[metric])
    stream.logs.put_subscription_filter(**filter, destinationArn=receiver.url)
    (described,) = stream.logs.describe_subscription_filters(logGroupName="g")["subscriptionFilters"]
    assert described["applyOnTransformedLogs"] is True
    stream.put((0, "ERROR,5"), (0, "INFO,7"))
    (data,) = delivered(receiver)
    assert [json.loads(event["message"]) for event in data["logEvents"]] == [{"level": "ERROR", "n": "5"}]
    assert total(server, root, "App", "n") == 5
    assert total(server, root, "AWS/Logs", "TransformedLogEvents", PolicyLevel="AccountPolicy") == 2
    assert stream.messages() == ["ERROR,5", "INFO,7"]


def test_subscriptions_select_accounts_and_regions(stream, receiver):
    for name, criteria in (("here", f'@aws.region = "{HOME_REGION}"'), ("there", f'@aws.region != "{HOME_REGION}"')):
        stream.logs.put_subscription_filter(
            logGroupName="g", filterName=name, filterPattern="", destinationArn=receiver.url,
            fieldSelectionCriteria=criteria,
        )
    stream.put((0, "one"))
    stream.put((0, "two"))
    names = {tuple(one["subscriptionFilters"]) for one in delivered(receiver, 2)}
    assert names == {("here",)}


def test_embedded_metrics_are_off_where_a_policy_says_so(stream, server, root):
    put(stream, "METRIC_EXTRACTION_POLICY", NO_METRICS, selectionCriteria='LogGroupNamePrefix NOT IN ["kept"]')
    make(stream, "kept")
    for group in ("g", "kept"):
        directive = {"Namespace": "App", "Dimensions": [["group"]], "Metrics": [{"Name": "n"}]}
        event = {"_aws": {"Timestamp": stream.now, "CloudWatchMetrics": [directive]}, "group": group, "n": 3}
        put_to(stream, group, json.dumps(event))
    assert total(server, root, "App", "n", group="kept") == 3
    assert total(server, root, "App", "n", group="g") is None
    assert total(server, root, "AWS/Logs", "EMFDisabledErrors", LogGroupName="g") == 1


def test_a_policy_needs_what_it_would_need_for_one_group(people, server):
    narrow = people.make("narrow", document(allow("logs:PutAccountPolicy")))
    wide = people.make("wide", document(allow(["logs:PutAccountPolicy", "logs:PutTransformer"])))
    put = lambda who: server.client("logs", who).put_account_policy(
        policyName="p", policyType="TRANSFORMER_POLICY", policyDocument=TRANSFORMER
    )
    with refused("AccessDeniedException", 400) as refusal:
        put(narrow)
    assert "logs:PutTransformer" in refusal.message
    put(wide)
