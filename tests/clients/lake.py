"""Event data stores and channels, made shortly."""

import json

CALLS = "Management"
AUDIT_EVENTS = "ActivityAuditLog"


def selectors(category):
    """Selectors of all events of a category."""
    return [{"FieldSelectors": [{"Field": "eventCategory", "Equals": [category]}]}]


def make_store(cloudtrail, name, category=CALLS, **more):
    """An event data store that can be deleted; its ARN."""
    made = cloudtrail.create_event_data_store(
        Name=name, AdvancedEventSelectors=selectors(category), TerminationProtectionEnabled=False, **more
    )
    return made["EventDataStoreArn"]


def make_channel(cloudtrail, name, *stores, source="Custom", **more):
    """A channel to stores; its ARN."""
    destinations = [{"Type": "EVENT_DATA_STORE", "Location": store} for store in stores]
    return cloudtrail.create_channel(Name=name, Source=source, Destinations=destinations, **more)["ChannelArn"]


def query(cloudtrail, statement):
    """The rows of a statement, each as a dictionary; the query must finish."""
    query_id = cloudtrail.start_query(QueryStatement=statement)["QueryId"]
    while True:
        results = cloudtrail.get_query_results(QueryId=query_id)
        if results["QueryStatus"] not in ("QUEUED", "RUNNING"):
            break
    assert results["QueryStatus"] == "FINISHED", results
    return [{name: value for cell in row for name, value in cell.items()} for row in results["QueryResultRows"]]


def audit_event(name, account, **more):
    """An entry of PutAuditEvents."""
    data = {
        "version": "1.0",
        "userIdentity": {"type": "Employee", "principalId": "dave", "details": {"team": "ops"}},
        "eventSource": "door.acme.test",
        "eventName": "Open",
        "eventTime": "2026-03-02T08:14:09Z",
        "UID": name,
        "recipientAccountId": account,
        "requestParameters": {"door": "north"},
        **more,
    }
    return {"id": name, "eventData": json.dumps(data)}
