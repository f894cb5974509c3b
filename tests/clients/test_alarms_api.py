"""Metric alarms through the API: what is refused, described, listed, recorded and deleted (cloudwatch.md §6)."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

from harness import Credentials, Server
from metrics import PROTOCOLS, dimensions, instant, refusal, stat_query
from refusals import refused

REGION = "us-east-1"
INITIAL_REASON = "Unchecked: Initial alarm creation"


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """A server whose clock these tests turn."""
    one = Server(tmp_path_factory.mktemp("alarms") / "data").start()
    yield one
    died = not one.running()
    one.end()
    assert not died, one.stderr


@pytest.fixture(params=PROTOCOLS)
def every(turned, root, request):
    """A client of each protocol in turn."""
    return turned.client("cloudwatch", root, protocol=request.param)


@pytest.fixture
def cloudwatch(turned, root):
    return turned.client("cloudwatch", root)


def single(name="a", **more):
    """An alarm on one metric, which has no data."""
    return {
        "AlarmName": name,
        "Namespace": "Test",
        "MetricName": "m",
        "Dimensions": dimensions(InstanceId="i-1"),
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


def without(put, *members):
    return {name: value for name, value in put.items() if name not in members}


def on_queries(*queries, name="a", **more):
    """An alarm on a list of queries."""
    put = without(single(name), "Namespace", "MetricName", "Dimensions", "Statistic", "Period")
    return {**put, "Metrics": list(queries), **more}


def math(**more):
    hidden = stat_query("m", ReturnData=False)
    return on_queries(hidden, {"Id": "e1", "Expression": "m1 * 2"}, **more)


def topic(root, name="t", region=REGION):
    return f"arn:aws:sns:{region}:{root.key}:{name}"


def described(client, name="a"):
    (alarm,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm


def names(alarms):
    return [alarm["AlarmName"] for alarm in alarms]


def history(client, name=None, **more):
    """All entries over all pages."""
    asked = {**({"AlarmName": name} if name else {}), **more}
    pages = client.get_paginator("describe_alarm_history").paginate(**asked)
    return [item for page in pages for item in page["AlarmHistoryItems"]]


def summaries(items):
    return [item["HistorySummary"] for item in items]


# -- putting and describing ---------------------------------------------------------------------


def test_a_new_alarm_is_described_with_what_was_set_and_no_more(turned, root, every):
    every.put_metric_alarm(**single())
    alarm = described(every)
    now = instant(turned.now())
    times = [
        alarm.pop(name)
        for name in (
            "AlarmConfigurationUpdatedTimestamp",
            "StateUpdatedTimestamp",
            "StateTransitionedTimestamp",
        )
    ]
    assert all(abs(time - now) < datetime.timedelta(seconds=1) for time in times)
    assert alarm == {
        **single(),
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{root.key}:alarm:a",
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": INITIAL_REASON,
    }


def test_everything_that_can_be_set_comes_back(root, every):
    put = without(
        single(
            AlarmDescription="# ünicode",
            ActionsEnabled=False,
            OKActions=[topic(root)],
            AlarmActions=[topic(root), topic(root, "u")],
            InsufficientDataActions=[topic(root, "v")],
            ExtendedStatistic="p99.5",
            Unit="Seconds",
            EvaluationPeriods=3,
            DatapointsToAlarm=2,
            TreatMissingData="notBreaching",
            EvaluateLowSampleCountPercentile="ignore",
            Dimensions=dimensions(z="1", a="2"),
        ),
        "Statistic",
    )
    every.put_metric_alarm(**put)
    alarm = described(every)
    assert {name: alarm[name] for name in put} == put
    assert "Statistic" not in alarm and "Metrics" not in alarm


def test_an_alarm_on_queries_comes_back(every):
    every.put_metric_alarm(**math())
    alarm = described(every)
    (hidden, expression) = alarm["Metrics"]
    assert hidden == stat_query("m", ReturnData=False)
    assert expression == {"Id": "e1", "Expression": "m1 * 2", "ReturnData": True}
    assert alarm["Dimensions"] == []
    assert not {"MetricName", "Namespace", "Period", "Statistic"} & set(alarm)


def test_an_alarm_on_a_band_comes_back(every):
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}
    put = without(on_queries(stat_query("m"), band, ThresholdMetricId="band"), "Threshold")
    every.put_metric_alarm(**{**put, "ComparisonOperator": "GreaterThanUpperThreshold"})
    alarm = described(every)
    assert alarm["ThresholdMetricId"] == "band"
    assert "Threshold" not in alarm


def test_an_update_replaces_the_configuration_and_nothing_else(turned, root, cloudwatch):
    cloudwatch.put_metric_alarm(**single(AlarmDescription="old", TreatMissingData="ignore", Tags=[tag("k", "1")]))
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="well", StateReasonData='{"n": 1}')
    before = described(cloudwatch)
    turned.move_clock(advance="1s")
    cloudwatch.put_metric_alarm(**single(Threshold=5, Tags=[tag("k", "2"), tag("l", "3")]))
    after = described(cloudwatch)
    assert "AlarmDescription" not in after and "TreatMissingData" not in after
    assert after["Threshold"] == 5
    state = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
    assert {name: after[name] for name in state} == {name: before[name] for name in state}
    assert after["AlarmConfigurationUpdatedTimestamp"] > before["AlarmConfigurationUpdatedTimestamp"]
    assert cloudwatch.list_tags_for_resource(ResourceARN=after["AlarmArn"])["Tags"] == [tag("k", "1")]


def test_alarms_of_regions_and_accounts_are_apart(turned, root, other_root, cloudwatch):
    cloudwatch.put_metric_alarm(**single())
    for other in (turned.client("cloudwatch", root, region="eu-central-1"), turned.client("cloudwatch", other_root)):
        assert other.describe_alarms()["MetricAlarms"] == []


# -- what is refused ----------------------------------------------------------------------------

VALIDATION = "ValidationError"
DENIED = ("AccessDenied", "AccessDeniedException")
ONE_DAY = (
    "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)"
    " for alarms using period < 3600"
)


@pytest.mark.parametrize(
    ("put", "message"),
    [
        (single(Period=45), "Period must be 10, 20, 30 or a multiple of 60"),
        (single(EvaluationPeriods=1441), ONE_DAY),
        (single(DatapointsToAlarm=2), "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        (without(single(), "Threshold"), "PutMetricAlarm request should have valid Threshold parameter"),
        (without(single(), "MetricName"), "MetricName must not be null"),
        (without(single(), "Statistic"), "PutMetricAlarm request should have a Statistic parameter"),
        (without(single(), "Period"), "PutMetricAlarm request should have a Period parameter"),
        (
            single(ComparisonOperator="LessThanLowerThreshold"),
            "ComparisonOperators for ranges require ThresholdMetricId to be set",
        ),
        (
            single(TreatMissingData="x"),
            "The value x is not supported for TreatMissingData parameter."
            " Supported values are [breaching, notBreaching, ignore, missing].",
        ),
        (
            single(EvaluateLowSampleCountPercentile="ignore"),
            "Option evaluateLowSampleCountPercentile can not be applied with statistic Average."
            " This option is enabled only for percentile statistics.",
        ),
        (single(AlarmActions=["nonsense"]), "Invalid arn syntax: nonsense"),
        (single(OKActions=["arn:aws:sqs:us-east-1:1:q"]), "Unsupported AWS vendor sqs"),
        (
            single(InsufficientDataActions=["arn:aws:sns:eu-west-1:1:t"]),
            "Invalid region eu-west-1 specified. Only us-east-1 is supported.",
        ),
        (math(Statistic="Sum"), "Statistic should not be set if list of Metrics is set."),
        (
            on_queries(stat_query("m"), {"Id": "e1", "Expression": "m1"}),
            "Exactly one element of the metrics list should return data.",
        ),
        (on_queries(stat_query("m", stat="Mean")), "Invalid metrics list"),
        (on_queries({"Id": "e1"}), "Period must not be null"),
        (
            single(AlarmActions=[f"arn:aws:sns:us-east-1:1:t{n}" for n in range(6)]),
            "1 validation error detected: Value '["
            + ", ".join(f"arn:aws:sns:us-east-1:1:t{n}" for n in range(6))
            + "]' at 'alarmActions' failed to satisfy constraint: Member must have length less than or equal to 5",
        ),
        (
            single(EvaluationPeriods=0),
            "1 validation error detected: Value '0' at 'evaluationPeriods' failed to satisfy constraint:"
            " Member must have value greater than or equal to 1",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_words(turned, root, put, message):
    client = turned.client("cloudwatch", root, parameter_validation=False)
    assert refusal(client.put_metric_alarm, **put) == (VALIDATION, message)
    assert client.describe_alarms()["MetricAlarms"] == []
    assert history(client) == []


def test_refusals_are_the_same_in_every_protocol(every):
    put = {**without(single(), "Statistic"), "ExtendedStatistic": "p101"}
    assert refusal(every.put_metric_alarm, **put) == (
        "InvalidParameterValue",
        "The value p101 for parameter ExtendedStatistic is not supported.",
    )
    with refused(VALIDATION, 400) as refusal_:
        every.put_metric_alarm(**single(name="a\tb"))
    assert refusal_.message == "AlarmName must not contain ASCII Control characters"


def test_alarms_on_promql_are_refused_clearly(cloudwatch):
    with refused(VALIDATION) as refusal_:
        cloudwatch.put_metric_alarm(
            AlarmName="a", EvaluationCriteria={"PromQLCriteria": {"Query": "up == 0"}}, EvaluationInterval=60
        )
    assert "PromQL alarms are not supported" in refusal_.message


# -- describing with filters --------------------------------------------------------------------


@pytest.fixture
def family(root, cloudwatch):
    """Metric alarms and a composite one."""
    cloudwatch.put_metric_alarm(**single("db-1", AlarmActions=[topic(root, "red")]))
    cloudwatch.put_metric_alarm(**single("web-1", OKActions=[topic(root, "green")], TreatMissingData="ignore"))
    cloudwatch.put_metric_alarm(**single("web-2"))
    cloudwatch.set_alarm_state(AlarmName="web-1", StateValue="ALARM", StateReason="r")
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule='ALARM("web-1") OR ALARM(web-2)')
    cloudwatch.put_composite_alarm(AlarmName="top", AlarmRule="OK(all) AND ALARM(web-1)")
    return cloudwatch


BOTH = ["CompositeAlarm", "MetricAlarm"]


@pytest.mark.parametrize(
    ("asked", "metric", "composite"),
    [
        ({}, ["db-1", "web-1", "web-2"], []),
        ({"AlarmTypes": ["MetricAlarm"]}, ["db-1", "web-1", "web-2"], []),
        ({"AlarmTypes": ["CompositeAlarm"]}, [], ["all", "top"]),
        ({"AlarmTypes": BOTH}, ["db-1", "web-1", "web-2"], ["all", "top"]),
        ({"AlarmNames": ["web-2", "all", "nobody", "db-1"]}, ["db-1", "web-2"], []),
        ({"AlarmNames": ["web-2", "all", "nobody"], "AlarmTypes": BOTH}, ["web-2"], ["all"]),
        ({"AlarmNamePrefix": "web"}, ["web-1", "web-2"], []),
        ({"StateValue": "ALARM"}, ["web-1"], []),
        ({"StateValue": "INSUFFICIENT_DATA", "AlarmNamePrefix": "web"}, ["web-2"], []),
        ({"ChildrenOfAlarmName": "top"}, ["web-1"], ["all"]),
        ({"ChildrenOfAlarmName": "web-1"}, [], []),
        ({"ParentsOfAlarmName": "web-1"}, [], ["all", "top"]),
        ({"ParentsOfAlarmName": "all"}, [], ["top"]),
        ({"ParentsOfAlarmName": "db-1"}, [], []),
    ],
)
def test_alarms_are_found_by_filters(family, asked, metric, composite):
    found = family.describe_alarms(**asked)
    assert (names(found["MetricAlarms"]), names(found["CompositeAlarms"])) == (metric, composite)


def test_alarms_are_found_by_their_actions(root, family):
    found = family.describe_alarms(ActionPrefix=topic(root, ""))["MetricAlarms"]
    assert names(found) == ["db-1", "web-1"]
    assert names(family.describe_alarms(ActionPrefix=topic(root, "gr"))["MetricAlarms"]) == ["web-1"]


def test_children_and_parents_are_told_in_short(family):
    children = family.describe_alarms(ChildrenOfAlarmName="top")
    told = {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
    assert [set(alarm) for alarm in children["MetricAlarms"] + children["CompositeAlarms"]] == [told, told]
    (parent, _) = family.describe_alarms(ParentsOfAlarmName="web-1")["CompositeAlarms"]
    assert set(parent) == {"AlarmName", "AlarmArn"}


@pytest.mark.parametrize(
    "asked",
    [
        {"AlarmNames": ["a"], "AlarmNamePrefix": "a"},
        {"ChildrenOfAlarmName": "a", "ParentsOfAlarmName": "a"},
        {"ChildrenOfAlarmName": "a", "StateValue": "OK"},
        {"ParentsOfAlarmName": "a", "AlarmTypes": ["MetricAlarm"]},
        {"ParentsOfAlarmName": "a", "AlarmNames": ["a"]},
        {"MaxRecords": 101},
        {"MaxRecords": 0},
    ],
)
def test_filters_that_do_not_go_together_are_refused(turned, root, asked):
    client = turned.client("cloudwatch", root, parameter_validation=False)
    with refused(VALIDATION, 400):
        client.describe_alarms(**asked)


def test_pages_hold_fifty_alarms_and_follow_one_another(every):
    wanted = [f"a{n:03}" for n in range(53)]
    for name in wanted:
        every.put_metric_alarm(**single(name))
    first = every.describe_alarms()
    assert names(first["MetricAlarms"]) == wanted[:50]
    rest = every.describe_alarms(NextToken=first["NextToken"])
    assert names(rest["MetricAlarms"]) == wanted[50:] and "NextToken" not in rest
    pages = every.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 20})
    assert [len(page["MetricAlarms"]) for page in pages] == [20, 20, 13]


def test_a_token_is_good_for_what_it_was_given_for_alone(family):
    token = family.describe_alarms(MaxRecords=1)["NextToken"]
    for asked in ({"NextToken": "nonsense"}, {"NextToken": token, "AlarmNamePrefix": "web"}):
        assert refusal(family.describe_alarms, **asked)[0] == "InvalidNextToken"
    assert refusal(family.describe_alarm_history, NextToken=token)[0] == "InvalidNextToken"


def test_alarms_of_a_metric_are_found_by_all_of_its_identity(cloudwatch):
    both = dimensions(b="2", a="1")
    cloudwatch.put_metric_alarm(**single("two", Dimensions=both))
    cloudwatch.put_metric_alarm(**single("one", Dimensions=dimensions(a="1")))
    cloudwatch.put_metric_alarm(**without(single("p", ExtendedStatistic="p90", Dimensions=both), "Statistic"))
    cloudwatch.put_metric_alarm(**single("slow", Dimensions=both, Period=300, Unit="Count"))
    cloudwatch.put_metric_alarm(**on_queries(stat_query("m", dims=both), name="math"))

    def found(**more):
        asked = {"Namespace": "Test", "MetricName": "m", "Dimensions": dimensions(a="1", b="2"), **more}
        return names(cloudwatch.describe_alarms_for_metric(**asked)["MetricAlarms"])

    assert found() == ["p", "slow", "two"]
    assert found(Dimensions=dimensions(a="1")) == ["one"]
    assert found(Dimensions=[]) == []
    assert found(Statistic="Average") == ["slow", "two"]
    assert found(Statistic="Sum") == []
    assert found(ExtendedStatistic="p90") == ["p"]
    assert found(Period=60) == ["p", "two"]
    assert found(Unit="Count") == ["slow"]
    assert found(Namespace="Other") == []


# -- states -------------------------------------------------------------------------------------


def test_a_state_is_set_and_stands_in_the_history(every):
    every.put_metric_alarm(**single())
    data = '{"version":"1.0","n":1}'
    every.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="because", StateReasonData=data)
    alarm = described(every)
    assert (alarm["StateValue"], alarm["StateReason"], alarm["StateReasonData"]) == ("ALARM", "because", data)
    (item,) = history(every, "a", HistoryItemType="StateUpdate")
    assert item["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"
    assert (item["AlarmName"], item["AlarmType"]) == ("a", "MetricAlarm")
    assert json.loads(item["HistoryData"]) == {
        "version": "1.0",
        "oldState": {"stateValue": "INSUFFICIENT_DATA", "stateReason": INITIAL_REASON},
        "newState": {"stateValue": "ALARM", "stateReason": "because", "stateReasonData": json.loads(data)},
    }


def test_the_same_state_again_changes_reason_and_time_of_update_alone(turned, cloudwatch):
    cloudwatch.put_metric_alarm(**single(TreatMissingData="ignore"))
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="one", StateReasonData="{}")
    before = described(cloudwatch)
    turned.move_clock(advance="1s")
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="two")
    after = described(cloudwatch)
    assert after["StateReason"] == "two" and "StateReasonData" not in after
    assert after["StateUpdatedTimestamp"] > before["StateUpdatedTimestamp"]
    assert after["StateTransitionedTimestamp"] == before["StateTransitionedTimestamp"]


def test_states_that_cannot_be_set_are_refused(turned, root, every):
    with pytest.raises(ClientError) as raised:
        every.set_alarm_state(AlarmName="nobody", StateValue="OK", StateReason="r")
    error = raised.value.response["Error"]
    assert (error["Code"], error.get("Message", "")) == ("ResourceNotFound", "")
    every.put_metric_alarm(**single())
    with refused("InvalidFormat", 400):
        every.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="r", StateReasonData="{")
    assert refusal(every.set_alarm_state, AlarmName="a", StateValue="INVALID", StateReason="r") == (
        VALIDATION,
        "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint:"
        " Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
    )
    assert described(every)["StateReason"] == INITIAL_REASON


def test_actions_are_disabled_and_enabled_without_a_change_of_state(every):
    every.put_metric_alarm(**single("a"))
    every.put_metric_alarm(**single("b", ActionsEnabled=False))
    every.disable_alarm_actions(AlarmNames=["a", "b", "nobody"])
    assert [described(every, name)["ActionsEnabled"] for name in "ab"] == [False, False]
    every.enable_alarm_actions(AlarmNames=["nobody", "a", "a"])
    assert [described(every, name)["ActionsEnabled"] for name in "ab"] == [True, False]
    assert described(every, "a")["StateReason"] == INITIAL_REASON
    items = history(every, "a")
    assert summaries(items) == ['Alarm "a" updated', 'Alarm "a" updated', 'Alarm "a" created']
    data = json.loads(items[0]["HistoryData"])
    assert data["updatedAlarm"]["actionsEnabled"] is True
    assert data["originalUpdatedFields"]["actionsEnabled"] is False
    # Nothing changed for the alarm whose actions were disabled already.
    assert summaries(history(every, "b")) == ['Alarm "b" created']


# -- history ------------------------------------------------------------------------------------


def test_the_configuration_stands_in_the_history(root, cloudwatch):
    cloudwatch.put_metric_alarm(**single(AlarmDescription="old", OKActions=[topic(root)]))
    cloudwatch.put_metric_alarm(**single(Threshold=2, OKActions=[topic(root)]))
    cloudwatch.delete_alarms(AlarmNames=["a"])
    (deleted, updated, created) = history(cloudwatch, "a")
    assert [item["HistoryItemType"] for item in (deleted, updated, created)] == ["ConfigurationUpdate"] * 3
    assert summaries([deleted, updated, created]) == [f'Alarm "a" {verb}' for verb in ("deleted", "updated", "created")]
    data = json.loads(created["HistoryData"])
    assert (data["version"], data["type"]) == ("1.0", "Create")
    alarm = data["createdAlarm"]
    assert alarm["alarmArn"] == f"arn:aws:cloudwatch:{REGION}:{root.key}:alarm:a"
    assert (alarm["statistic"], alarm["threshold"], alarm["okactions"]) == ("AVERAGE", 1.0, [topic(root)])
    assert alarm["dimensions"] == [{"name": "InstanceId", "value": "i-1"}]
    data = json.loads(updated["HistoryData"])
    assert (data["type"], data["updatedAlarm"]["threshold"]) == ("Update", 2.0)
    assert data["originalUpdatedFields"]["threshold"] == 1.0
    assert data["originalUpdatedFields"]["alarmDescription"] == "old"
    data = json.loads(deleted["HistoryData"])
    assert (data["type"], data["deletedAlarm"]["threshold"]) == ("Delete", 2.0)


def test_history_is_filtered_ordered_and_paged(turned, every):
    every.put_metric_alarm(**single("a", TreatMissingData="ignore"))
    every.put_metric_alarm(**single("b", TreatMissingData="ignore"))
    for value in ("OK", "ALARM", "OK"):
        turned.move_clock(advance="1m")
        every.set_alarm_state(AlarmName="a", StateValue=value, StateReason="r")
    newest = history(every, "a")
    assert len(newest) == 4
    assert summaries(newest)[0] == "Alarm updated from ALARM to OK"
    oldest = history(every, "a", ScanBy="TimestampAscending")
    assert oldest == newest[::-1]
    assert history(every, "a", PaginationConfig={"PageSize": 1}) == newest
    (_, second, third, _) = newest
    # Some protocols of botocore send whole seconds.
    moment = datetime.timedelta(seconds=1)
    between = history(every, "a", StartDate=third["Timestamp"] - moment, EndDate=second["Timestamp"] + moment)
    assert between == [second, third]
    configured = history(every, HistoryItemType="ConfigurationUpdate")
    assert sorted(summaries(configured)) == ['Alarm "a" created', 'Alarm "b" created']
    assert history(every, "nobody") == []
    assert history(every, "a", AlarmContributorId="0123456789abcdef") == []


def test_history_without_a_name_is_of_metric_alarms(family):
    assert {item["AlarmName"] for item in history(family)} == {"db-1", "web-1", "web-2"}
    assert {item["AlarmName"] for item in history(family, AlarmTypes=["CompositeAlarm"])} == {"all", "top"}
    assert {item["AlarmName"] for item in history(family, AlarmTypes=BOTH)} == {"db-1", "web-1", "web-2", "all", "top"}
    assert {item["AlarmType"] for item in history(family, "top")} == {"CompositeAlarm"}
    assert history(family, "top", AlarmTypes=["MetricAlarm"]) == []


def test_history_is_kept_for_thirty_days_without_the_alarm_too(make_server, root):
    server = make_server().start()
    client = server.client("cloudwatch", root)
    client.put_metric_alarm(**single())
    client.delete_alarms(AlarmNames=["a"])
    server.move_clock(advance=f"{30 * 24 - 1}h")
    assert summaries(history(client, "a")) == ['Alarm "a" deleted', 'Alarm "a" created']
    server.move_clock(advance="2h")
    assert history(client, "a") == []


# -- contributors -------------------------------------------------------------------------------


def test_contributors_of_alarms_without_any(every):
    every.put_metric_alarm(**single())
    assert every.describe_alarm_contributors(AlarmName="a")["AlarmContributors"] == []
    with refused("ResourceNotFoundException"):
        every.describe_alarm_contributors(AlarmName="nobody")


# -- deleting -----------------------------------------------------------------------------------


def test_unknown_names_do_not_keep_others_from_being_deleted(every):
    for name in "abc":
        every.put_metric_alarm(**single(name))
    every.delete_alarms(AlarmNames=["nobody", "a", "c", "a"])
    assert names(every.describe_alarms()["MetricAlarms"]) == ["b"]
    every.delete_alarms(AlarmNames=["nobody"])


def test_an_alarm_that_comes_again_is_new(cloudwatch):
    cloudwatch.put_metric_alarm(**single(Tags=[tag("k", "1")]))
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="r")
    cloudwatch.delete_alarms(AlarmNames=["a"])
    cloudwatch.put_metric_alarm(**single())
    alarm = described(cloudwatch)
    assert (alarm["StateValue"], alarm["StateReason"]) == ("INSUFFICIENT_DATA", INITIAL_REASON)
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == []


def test_alarms_that_composite_ones_need_cannot_be_deleted(family):
    assert refusal(family.delete_alarms, AlarmNames=["web-2", "db-1"]) == (
        VALIDATION,
        "Cannot delete web-2 as there are composite alarm(s) depending on it.",
    )
    code, message = refusal(family.delete_alarms, AlarmNames=["web-2", "web-1"])
    assert (code, message) == (
        VALIDATION,
        "Cannot delete web-1,web-2 as there are composite alarm(s) depending on them.",
    )
    assert names(family.describe_alarms()["MetricAlarms"]) == ["db-1", "web-1", "web-2"]
    with refused(VALIDATION):
        family.delete_alarms(AlarmNames=["top", "all"])
    family.delete_alarms(AlarmNames=["top"])
    family.delete_alarms(AlarmNames=["all", "web-1", "web-2"])
    left = family.describe_alarms(AlarmTypes=BOTH)
    assert names(left["MetricAlarms"] + left["CompositeAlarms"]) == ["db-1"]


def test_a_suppressor_cannot_be_deleted(family):
    family.put_composite_alarm(
        AlarmName="quiet",
        AlarmRule="ALARM(web-2)",
        ActionsSuppressor="db-1",
        ActionsSuppressorWaitPeriod=10,
        ActionsSuppressorExtensionPeriod=10,
    )
    assert refusal(family.delete_alarms, AlarmNames=["db-1"]) == (
        VALIDATION,
        "Cannot delete db-1 as there are composite alarm(s) depending on it.",
    )
    family.delete_alarms(AlarmNames=["quiet", "db-1"])


# -- tags and permissions -----------------------------------------------------------------------


def tag(key, value):
    return {"Key": key, "Value": value}


def test_alarms_have_tags(root, every):
    every.put_metric_alarm(**single(Tags=[tag("team", "web"), tag("level", "1")]))
    arn = described(every)["AlarmArn"]
    every.tag_resource(ResourceARN=arn, Tags=[tag("level", "2"), tag("new", "")])
    every.untag_resource(ResourceARN=arn, TagKeys=["team", "unknown"])
    assert every.list_tags_for_resource(ResourceARN=arn)["Tags"] == [tag("level", "2"), tag("new", "")]
    every.delete_alarms(AlarmNames=["a"])
    assert every.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    with refused("ResourceNotFoundException"):
        every.tag_resource(ResourceARN=arn, Tags=[tag("k", "v")])


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def people(turned, root):
    """Makes IAM users with a policy in the test's account; gives their CloudWatch client."""
    iam = turned.client("iam", root)

    def make(name, *statements):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return turned.client("cloudwatch", Credentials.of(key))

    return make


def test_permissions_are_for_alarms_by_name(root, cloudwatch, people):
    arn = f"arn:aws:cloudwatch:{REGION}:{root.key}:alarm:web-*"
    user = people("web", {"Effect": "Allow", "Action": "cloudwatch:*", "Resource": arn})
    cloudwatch.put_metric_alarm(**single("db-1"))
    user.put_metric_alarm(**single("web-1"))
    user.set_alarm_state(AlarmName="web-1", StateValue="OK", StateReason="r")
    user.disable_alarm_actions(AlarmNames=["web-1"])
    assert history(user, "web-1")
    user.describe_alarm_contributors(AlarmName="web-1")
    for call, asked in [
        (user.put_metric_alarm, single("db-1")),
        (user.set_alarm_state, {"AlarmName": "db-1", "StateValue": "OK", "StateReason": "r"}),
        (user.enable_alarm_actions, {"AlarmNames": ["web-1", "db-1"]}),
        (user.delete_alarms, {"AlarmNames": ["web-1", "db-1"]}),
        (user.describe_alarm_history, {"AlarmName": "db-1"}),
        (user.describe_alarm_contributors, {"AlarmName": "db-1"}),
        (user.describe_alarms, {}),
    ]:
        assert refusal(call, **asked)[0] in DENIED
    user.delete_alarms(AlarmNames=["web-1"])
    assert names(cloudwatch.describe_alarms()["MetricAlarms"]) == ["db-1"]


def test_permissions_can_ask_for_tags_and_actions(root, cloudwatch, people):
    user = people(
        "web",
        {
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricAlarm",
            "Resource": "*",
            "Condition": {"ForAllValues:StringLike": {"cloudwatch:AlarmActions": ["arn:aws:sns:*"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["cloudwatch:DeleteAlarms"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "web"}},
        },
    )
    user.put_metric_alarm(**single("a", AlarmActions=[topic(root)], Tags=[tag("team", "web")]))
    stop = f"arn:aws:automate:{REGION}:ec2:stop"
    for actions in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        code, _ = refusal(user.put_metric_alarm, **single("b", **{actions: [topic(root), stop]}))
        assert code in DENIED
    cloudwatch.put_metric_alarm(**single("b", Tags=[tag("team", "db")]))
    code, _ = refusal(user.delete_alarms, AlarmNames=["a", "b"])
    assert code in DENIED
    user.delete_alarms(AlarmNames=["a"])
    assert names(cloudwatch.describe_alarms()["MetricAlarms"]) == ["b"]


def test_calls_on_alarms_are_recorded_as_reads_and_writes(turned, root, cloudwatch):
    cloudwatch.put_metric_alarm(**single())
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="r")
    cloudwatch.disable_alarm_actions(AlarmNames=["a"])
    cloudwatch.describe_alarms()
    cloudwatch.describe_alarms_for_metric(Namespace="Test", MetricName="m")
    history(cloudwatch)
    cloudwatch.delete_alarms(AlarmNames=["a"])
    recorded = {record["eventName"]: record["readOnly"] for record in turned.records(root)}
    assert recorded == {
        "PutMetricAlarm": False,
        "SetAlarmState": False,
        "DisableAlarmActions": False,
        "DescribeAlarms": True,
        "DescribeAlarmsForMetric": True,
        "DescribeAlarmHistory": True,
        "DeleteAlarms": False,
    }


def test_alarms_outlive_the_server(make_server, root):
    server = make_server().start()
    server.client("cloudwatch", root).put_metric_alarm(**single(Tags=[tag("k", "v")]))
    server.client("cloudwatch", root).set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="r")
    before = described(server.client("cloudwatch", root))
    server.kill()
    server.start()
    client = server.client("cloudwatch", root)
    assert described(client) == before
    assert len(history(client, "a")) == 2
    assert client.list_tags_for_resource(ResourceARN=before["AlarmArn"])["Tags"] == [tag("k", "v")]
