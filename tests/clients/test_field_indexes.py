"""Field indexes by real clients: their policies, and what queries that insist on them see (logs.md §8.5, §7.6, LL-2)."""

import json

import pytest

from harness import HOME_REGION, SERVER_ROOT
from policies import allow, document
from refusals import refused
from test_log_events import Stream
from test_log_queries import ended, put_json, rows, start


@pytest.fixture
def stream(server, root):
    return Stream(server, root)


def put_policy(stream, *fields, group="g", **typed):
    policy = {"Fields": list(fields)} | ({"FieldsV2": {name: {"type": kind} for name, kind in typed.items()}} if typed else {})
    return stream.logs.put_index_policy(logGroupIdentifier=group, policyDocument=json.dumps(policy))["indexPolicy"]


def put_for_account(stream, *fields, **more):
    stream.logs.put_account_policy(
        policyName="indexes", policyType="FIELD_INDEX_POLICY", policyDocument=json.dumps({"Fields": list(fields)}), **more
    )


def later(server, stream):
    """What is ingested from now on is not of the same moment as what was."""
    server.move_clock(advance="1s")
    stream.now += 1000


def test_a_policy_is_described_until_it_is_deleted(stream, root):
    assert stream.logs.describe_index_policies(logGroupIdentifiers=["g"])["indexPolicies"] == []
    put = put_policy(stream, "requestId", status="FACET")
    arn = f"arn:aws:logs:{HOME_REGION}:{root.key}:log-group:g"
    assert put["logGroupIdentifier"] == arn and put["source"] == "LOG_GROUP" and "policyName" not in put
    assert json.loads(put["policyDocument"]) == {"Fields": ["requestId"], "FieldsV2": {"status": {"type": "FACET"}}}
    assert stream.logs.describe_index_policies(logGroupIdentifiers=[arn])["indexPolicies"] == [put]
    stream.logs.delete_index_policy(logGroupIdentifier="g")
    assert stream.logs.describe_index_policies(logGroupIdentifiers=[arn])["indexPolicies"] == []
    with refused("ResourceNotFoundException", 400):
        stream.logs.delete_index_policy(logGroupIdentifier="g")


@pytest.mark.parametrize(
    "policy",
    [
        "not JSON",
        '{"Fields": []}',
        '{"Unknown": ["a"]}',
        '{"Fields": ["a"], "FieldsV2": {"a": {"type": "FACET"}}}',
        '{"FieldsV2": {"a": {"type": "BTREE"}}}',
        json.dumps({"Fields": [f"f{number}" for number in range(21)]}),
        json.dumps({"Fields": ["x" * 101]}),
        '{"Fields": ["@message"]}',
    ],
)
def test_policies_that_break_a_rule_are_refused(stream, policy):
    with refused("InvalidParameterException", 400):
        stream.logs.put_index_policy(logGroupIdentifier="g", policyDocument=policy)


def test_filter_index_sees_what_came_after_the_policy(server, stream):
    put_json(stream, (-5000, {"requestId": "r1", "n": 1}))
    later(server, stream)
    put_policy(stream, "requestId")
    # Their times are before the policy; they came after it.
    put_json(stream, (-4000, {"requestId": "r1", "n": 2}), (-3000, {"requestId": "r2", "n": 3}))
    shown = "| sort n | display n"
    assert rows(stream, f"filterIndex requestId = 'r1' {shown}") == [{"n": "2"}]
    assert rows(stream, f"filterIndex requestId in ['r1', 'r2'] {shown}") == [{"n": "2"}, {"n": "3"}]
    assert rows(stream, f"filter requestId = 'r1' {shown}") == [{"n": "1"}, {"n": "2"}]
    assert rows(stream, f"filterIndex RequestId = 'r1' {shown}") == []
    assert rows(stream, f"filterIndex n = 2 {shown}") == []
    assert rows(stream, f"filterIndex @logStream = 's' {shown}") == [{"n": "1"}, {"n": "2"}, {"n": "3"}]


def test_groups_without_the_index_are_not_read(stream):
    stream.logs.create_log_group(logGroupName="other")
    stream.logs.create_log_stream(logGroupName="other", logStreamName="s")
    put_policy(stream, "id")
    put_json(stream, (-1, {"id": "x"}))
    event = {"timestamp": stream.now - 1, "message": json.dumps({"id": "x"})}
    stream.logs.put_log_events(logGroupName="other", logStreamName="s", logEvents=[event])
    both = {"logGroupName": None, "logGroupNames": ["g", "other"]}
    for text, counted, groups in [("filter", "2", 2), ("filterIndex", "1", 1)]:
        answer = ended(stream, start(stream, f"{text} id = 'x' | stats count(*) as n", **both))
        assert answer["results"] == [[{"field": "n", "value": counted}]], text
        assert answer["statistics"]["logGroupsScanned"] == groups, text
    none = ended(stream, start(stream, "filterIndex nowhere = 'x' | stats count(*) as n", **both))
    assert none["status"] == "Complete" and none["results"] == [[{"field": "n", "value": "0"}]]
    assert none["statistics"]["logGroupsScanned"] == 0


def test_what_the_index_passes_over_counts_as_skipped(server, stream):
    stream.put((-5, "early"))
    later(server, stream)
    put_policy(stream, "id")
    put_json(stream, (-4, {"id": "x"}))
    statistics = ended(stream, start(stream, "filterIndex id = 'x'"))["statistics"]
    assert statistics["recordsMatched"] == 1
    assert statistics["recordsScanned"] + statistics["estimatedRecordsSkipped"] == 2


def test_an_index_outlives_its_policy_and_the_server_for_thirty_days(make_server):
    server = make_server().start()
    stream = Stream(server, SERVER_ROOT)
    put_policy(stream, "id")
    put_json(stream, (-1, {"id": "x"}))
    server.move_clock(advance="1s")
    stream.logs.delete_index_policy(logGroupIdentifier="g")
    put_json(stream, (-1, {"id": "x"}))
    server.kill()
    server.start()
    stream.logs = server.client("logs")
    query = "filterIndex id = 'x' | stats count(*) as n"
    assert rows(stream, query) == [{"n": "1"}]
    server.move_clock(advance="721h")
    assert rows(stream, query) == [{"n": "0"}]
    assert rows(stream, "filter id = 'x' | stats count(*) as n") == [{"n": "2"}]


def test_field_indexes_tell_of_their_first_and_last_event(server, stream, root):
    put_json(stream, (-9000, {"id": 0}))
    later(server, stream)
    put_policy(stream, "id", "absent", kind="FACET")
    put_json(stream, (-3000, {"id": 1}), (-2000, {"id": 2, "kind": "k"}), (-1000, {"other": 3}))
    told = stream.logs.describe_field_indexes(logGroupIdentifiers=["g"])["fieldIndexes"]
    found = {index["fieldIndexName"]: index for index in told}
    times = lambda name: [found[name].get(member) for member in ("firstEventTime", "lastEventTime")]
    assert times("id") == [stream.now - 3000, stream.now - 2000]
    assert times("kind") == [stream.now - 2000] * 2
    assert times("absent") == [None, None]
    assert times("@logStream")[1] == stream.now - 1000
    assert found["kind"]["type"] == "FACET" and found["id"]["type"] == "FIELD_INDEX"
    assert {index["logGroupIdentifier"] for index in told} == {f"arn:aws:logs:{HOME_REGION}:{root.key}:log-group:g"}


def test_the_accounts_policy_holds_where_a_group_has_none(server, stream):
    put_for_account(stream, "id", selectionCriteria='LogGroupNamePrefix IN ["g"]')
    put_json(stream, (-3, {"id": "x", "own": "y"}))
    (policy,) = stream.logs.describe_index_policies(logGroupIdentifiers=["g"])["indexPolicies"]
    assert (policy["source"], policy["policyName"]) == ("ACCOUNT", "indexes")
    assert rows(stream, "filterIndex id = 'x' | stats count(*) as n") == [{"n": "1"}]
    later(server, stream)
    put_policy(stream, "own")
    put_json(stream, (-3, {"id": "x", "own": "y"}))
    (policy,) = stream.logs.describe_index_policies(logGroupIdentifiers=["g"])["indexPolicies"]
    assert policy["source"] == "LOG_GROUP"
    for query in ["filterIndex id = 'x'", "filterIndex own = 'y'"]:
        assert rows(stream, f"{query} | stats count(*) as n") == [{"n": "1"}], query


def test_groups_are_listed_by_their_indexes(stream):
    stream.logs.create_log_group(logGroupName="other")
    put_policy(stream, "a", "b")
    put_policy(stream, "a", group="other")
    for fields, expected in [(["a"], ["g", "other"]), (["a", "b"], ["g"]), (["c"], [])]:
        answer = stream.logs.list_log_groups(fieldIndexNames=fields)
        assert [group["logGroupName"] for group in answer["logGroups"]] == expected, fields


def test_who_may_put_policies_is_decided_by_group(stream, people, server):
    arn = f"arn:aws:logs:{HOME_REGION}:{people.account}:log-group:other:*"
    user = people.make("indexer", document(allow("logs:PutIndexPolicy", arn)))
    with refused("AccessDeniedException", 400):
        server.client("logs", user).put_index_policy(logGroupIdentifier="g", policyDocument='{"Fields": ["a"]}')
    stream.logs.create_log_group(logGroupName="other")
    server.client("logs", user).put_index_policy(logGroupIdentifier="other", policyDocument='{"Fields": ["a"]}')
