"""Queries over event data stores by real clients (cloudtrail.md §7.2, §7.3, §7.5)."""

import gzip
import hashlib
import json
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_der_public_key

from buckets import body_of, keys_of, make_bucket
from lake import AUDIT_EVENTS, audit_event, make_channel, make_store
from policies import allow, document
from refusals import refused

WAIT_SECONDS_MAX = 60


class Lake:
    """An account's stores and queries."""

    def __init__(self, server, root):
        self.server, self.root = server, root
        self.reconnect()

    def reconnect(self):
        self.cloudtrail = self.server.client("cloudtrail", self.root)
        self.sns = self.server.client("sns", self.root)

    def store(self, name, **how):
        """A new store; its id."""
        return make_store(self.cloudtrail, name, **how).rsplit("/", 1)[1]

    def start(self, statement, **how):
        return self.cloudtrail.start_query(QueryStatement=statement, **how)["QueryId"]

    def ended(self, query):
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            described = self.cloudtrail.describe_query(QueryId=query)
            if described["QueryStatus"] not in ("QUEUED", "RUNNING") and described.get("DeliveryStatus") != "PENDING":
                return described
            assert time.monotonic() < deadline, described
            time.sleep(0.05)

    def rows(self, statement):
        """The rows of a query as lists of values."""
        query = self.start(statement)
        described = self.ended(query)
        assert described["QueryStatus"] == "FINISHED", described
        return [[value for cell in row for value in cell.values()] for row in self.results(query)]

    def results(self, query, **how):
        """All rows, page by page."""
        rows, token = [], {}
        while True:
            page = self.cloudtrail.get_query_results(QueryId=query, **how, **token)
            rows += page["QueryResultRows"]
            if "NextToken" not in page:
                assert page["QueryStatistics"]["TotalResultsCount"] == len(rows)
                return rows
            token = {"NextToken": page["NextToken"]}


@pytest.fixture
def lake(server, root):
    return Lake(server, root)


def test_calls_are_found_as_soon_as_they_are_answered(lake):
    store = lake.store("calls")
    for number in range(3):
        lake.sns.create_topic(Name=f"news-{number}")
        statement = f"SELECT count(*) FROM {store} WHERE eventName = 'CreateTopic'"
        assert lake.rows(statement) == [[str(number + 1)]]
    found = lake.rows(
        f"SELECT eventName, element_at(requestParameters, 'name'), userIdentity.type, readOnly FROM {store} "
        "WHERE eventSource = 'sns.amazonaws.com' ORDER BY 2 DESC LIMIT 1"
    )
    assert found == [["CreateTopic", "news-2", "Root", "false"]]


def test_rows_are_lists_of_single_values_with_the_statement_s_names(lake):
    store = lake.store("calls")
    lake.sns.create_topic(Name="news")
    query = lake.start(f"SELECT eventName, errorCode AS Code, 1 + 1 FROM {store} WHERE eventName = 'CreateTopic'")
    described = lake.ended(query)
    assert described["QueryStatistics"]["EventsMatched"] == 1
    assert described["QueryStatistics"]["EventsScanned"] >= 1
    assert described["QueryStatistics"]["BytesScanned"] > 0
    page = lake.cloudtrail.get_query_results(QueryId=query)
    assert page["QueryResultRows"] == [[{"eventName": "CreateTopic"}, {"Code": ""}, {"_col2": "2"}]]


def test_results_come_in_pages(lake):
    store = lake.store("calls")
    for number in range(25):
        lake.sns.create_topic(Name=f"news-{number:02}")
    query = lake.start(
        f"SELECT element_at(requestParameters, 'name') n FROM {store} WHERE eventName = 'CreateTopic' ORDER BY n"
    )
    lake.ended(query)
    rows = lake.results(query, MaxQueryResults=10)
    assert [row[0]["n"] for row in rows] == [f"news-{number:02}" for number in range(25)]


def test_audit_events_are_found_and_joined_with_calls(lake, root):
    calls, audit = lake.store("calls"), make_store(lake.cloudtrail, "audit", AUDIT_EVENTS)
    account = audit.split(":")[4]
    channel = make_channel(lake.cloudtrail, "doors", audit)
    data = lake.server.client("cloudtrail-data", root)
    put = data.put_audit_events(channelArn=channel, auditEvents=[audit_event("one", account), audit_event("two", account)])
    assert len(put["successful"]) == 2
    audit = audit.rsplit("/", 1)[1]
    found = lake.rows(
        "SELECT eventData.UID, eventData.userIdentity.principalId, element_at(eventData.requestParameters, 'door'), "
        f"metadata.channelArn FROM {audit} ORDER BY 1"
    )
    assert found == [["one", "dave", "north", channel], ["two", "dave", "north", channel]]
    joined = lake.rows(
        f"SELECT c.eventName, count(*) FROM {calls} c JOIN {audit} a ON c.recipientAccountId = a.recipientAccountId "
        "WHERE c.eventName = 'CreateChannel' GROUP BY c.eventName"
    )
    assert joined == [["CreateChannel", "2"]]


def test_statements_are_refused_before_they_run(lake):
    store = lake.store("calls")
    for statement in (
        f"DELETE FROM {store}",
        f"SELECT nosuch FROM {store}",
        f"SELECT nosuch(eventName) FROM {store}",
        f"SELECT * FROM {store} WHERE eventName = 7",
        f"SELECT * FROM {store}; SELECT * FROM {store}",
        "SELECT * FROM trail_events",
    ):
        with refused("InvalidQueryStatementException", 400):
            lake.start(statement)
    with refused("EventDataStoreNotFoundException", 400):
        lake.start("SELECT 1 FROM 22222222-2222-3333-4444-555555555555")
    assert lake.cloudtrail.list_queries(EventDataStore=store)["Queries"] == []


def test_a_query_is_cancelled(lake):
    store = lake.store("calls")
    for number in range(30):
        lake.sns.create_topic(Name=f"news-{number}")
    product = ", ".join(f"{store} t{number}" for number in range(8))
    query = lake.start(f"SELECT count(*) FROM {product} WHERE t0.eventName <> t7.eventID")
    assert lake.cloudtrail.describe_query(QueryId=query)["QueryStatus"] == "RUNNING"
    assert lake.cloudtrail.cancel_query(QueryId=query)["QueryStatus"] == "CANCELLED"
    assert lake.cloudtrail.describe_query(QueryId=query)["QueryStatus"] == "CANCELLED"
    assert lake.cloudtrail.get_query_results(QueryId=query)["QueryResultRows"] == []
    with refused("InactiveQueryException", 400):
        lake.cloudtrail.cancel_query(QueryId=query)
    listed = lake.cloudtrail.list_queries(EventDataStore=store, QueryStatus="CANCELLED")["Queries"]
    assert [found["QueryId"] for found in listed] == [query]


def test_a_query_goes_on_after_a_restart_and_results_survive_it(make_server, root):
    lake = Lake(make_server().start(), root)
    store = lake.store("calls")
    for number in range(6):
        lake.sns.create_topic(Name=f"news-{number}")
    done = lake.start(f"SELECT count(*) FROM {store} WHERE eventName = 'CreateTopic'")
    assert lake.ended(done)["QueryStatus"] == "FINISHED"
    product = ", ".join(f"{store} t{number}" for number in range(7))
    running = lake.start(f"SELECT count(*) FROM {product} WHERE t0.eventName = 'CreateTopic' AND t1.eventName <> t6.eventID")
    lake.server.kill()
    lake.server.start()
    lake.reconnect()
    assert lake.results(done) == [[{"_col0": "6"}]]
    assert lake.cloudtrail.describe_query(QueryId=running)["QueryStatus"] in ("RUNNING", "FINISHED")
    described = lake.ended(running)
    assert described["QueryStatus"] == "FINISHED", described
    assert int(lake.results(running)[0][0]["_col0"]) >= 6**7


def test_permission_is_needed_for_every_store(lake, people):
    one, other = make_store(lake.cloudtrail, "one"), make_store(lake.cloudtrail, "other")
    person = people.make("eve", document(allow("cloudtrail:*", one)))
    cloudtrail = lake.server.client("cloudtrail", person)
    ids = [arn.rsplit("/", 1)[1] for arn in (one, other)]
    query = cloudtrail.start_query(QueryStatement=f"SELECT count(*) FROM {ids[0]}")["QueryId"]
    lake.ended(query)
    assert len(cloudtrail.get_query_results(QueryId=query)["QueryResultRows"]) == 1
    with refused("AccessDeniedException"):
        cloudtrail.start_query(QueryStatement=f"SELECT count(*) FROM {ids[0]} a JOIN {ids[1]} b ON a.eventID = b.eventID")
    theirs = lake.start(f"SELECT count(*) FROM {ids[1]}")
    lake.ended(theirs)
    with refused("AccessDeniedException"):
        cloudtrail.get_query_results(QueryId=theirs)
    assert len(cloudtrail.list_queries(EventDataStore=one)["Queries"]) == 1
    with refused("AccessDeniedException"):
        cloudtrail.list_queries(EventDataStore=other)


def test_results_are_delivered_and_their_signature_holds(lake, root):
    s3 = lake.server.client("s3", root)
    bucket = make_bucket(s3)
    store = lake.store("calls")
    lake.sns.create_topic(Name="news")
    statement = f"SELECT eventName, eventSource FROM {store} WHERE eventName = 'CreateTopic'"
    with refused("InsufficientS3BucketPolicyException", 400):
        lake.start(statement, DeliveryS3Uri=f"s3://{bucket}/queries")
    principal = {"Principal": {"Service": "cloudtrail.amazonaws.com"}}
    policy = document(
        allow("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}") | principal,
        allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*") | principal,
    )
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    query = lake.start(statement, DeliveryS3Uri=f"s3://{bucket}/queries")
    described = lake.ended(query)
    assert described["DeliveryStatus"] == "SUCCESS", described
    keys = sorted(keys_of(s3, bucket))
    rows_key, sign_key = keys
    assert rows_key.startswith("queries/AWSLogs/") and rows_key.endswith(f"/{query}/result_1.csv.gz")
    assert sign_key.endswith(f"/{query}/result_sign.json")
    rows, sign = body_of(s3, bucket, rows_key), json.loads(body_of(s3, bucket, sign_key))
    assert gzip.decompress(rows).decode() == "eventName,eventSource\nCreateTopic,sns.amazonaws.com\n"
    # As the AWS CLI verifies it.
    assert [file["fileHashValue"] for file in sign["files"]] == [hashlib.sha256(rows).hexdigest()]
    keys = lake.cloudtrail.list_public_keys()["PublicKeyList"]
    [public] = [key["Value"] for key in keys if key["Fingerprint"] == sign["publicKeyFingerprint"]]
    signed = " ".join(file["fileHashValue"] for file in sign["files"]).encode()
    load_der_public_key(public).verify(bytes.fromhex(sign["hashSignature"]), signed, PKCS1v15(), hashes.SHA256())


def test_every_sample_runs(lake):
    store = lake.store("calls")
    found = lake.cloudtrail.search_sample_queries(SearchPhrase="select", MaxResults=50)["SearchResults"]
    assert len(found) > 10
    for sample in found:
        lake.rows(sample["SQL"].replace("<event-data-store-ID>", store))
