"""Alarms as they are found: filters, families and pages (cloudwatch.md §6.8)."""

import pytest

from alarms import BOTH, VALIDATION, names, on_queries, single, topic, without
from alarms import cloudwatch, every, family, turned  # noqa
from metrics import dimensions, refusal, stat_query
from refusals import refused


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
