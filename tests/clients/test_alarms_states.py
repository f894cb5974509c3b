"""States, the switch of actions, history and contributors through the API (cloudwatch.md §6.7, §6.8, §6.10)."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

from alarms import BOTH, INITIAL_REASON, REGION, VALIDATION, described, history, single, summaries, topic
from alarms import cloudwatch, every, family, turned  # noqa
from metrics import refusal
from refusals import refused

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
