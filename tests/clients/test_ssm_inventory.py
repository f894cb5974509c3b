"""Systems Manager's inventory by boto3: hosts tell, callers ask, AWS Config records."""

import json
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from harness import HOME_REGION, SERVER_ACCOUNT
from inventory import CAPTURED, INVENTORY, agent_call, all_of, beat, host, item, start_recorder
from policies import allow, document
from refusals import refused

HOST = host(1)


@pytest.fixture
def ssm(server, root):
    """A client of an account that nobody used before."""
    return server.client("ssm", root)


@pytest.fixture
def beats(server, root):
    """Lets a host say that it is there."""
    return lambda instance_id, **members: beat(server, instance_id, root, **members)


# -- telling and asking ------------------------------------------------------------------------


def test_what_a_host_tells_is_what_is_listed(ssm):
    entries = [{"Name": "openssl", "Version": "3.0.15", "Publisher": "Debian"}, {"Name": "nginx", "Other": "kept"}]
    answer = ssm.put_inventory(InstanceId=HOST, Items=[item("AWS:Application", entries, "1.1", ContentHash="h")])
    assert answer["Message"]
    answer = ssm.list_inventory_entries(InstanceId=HOST, TypeName="AWS:Application")
    assert answer["Entries"] == entries
    assert (answer["SchemaVersion"], answer["CaptureTime"], answer["InstanceId"]) == ("1.1", CAPTURED, HOST)


def test_ten_thousand_entries_are_kept_and_come_in_pages(ssm):
    entries = [{"Name": f"package-{number:05}", "Version": "1.0", "Summary": "x" * 100} for number in range(10_000)]
    ssm.put_inventory(InstanceId=HOST, Items=[item("AWS:Application", entries)])
    found, pages = all_of(ssm, "list_inventory_entries", "Entries", InstanceId=HOST, TypeName="AWS:Application")
    assert (len(found), pages) == (10_000, 200)
    assert found == entries
    filters = [{"Key": "AWS:Application.Name", "Values": ["package-0999"], "Type": "BeginWith"}]
    found, _ = all_of(
        ssm, "list_inventory_entries", "Entries", InstanceId=HOST, TypeName="AWS:Application", Filters=filters
    )
    assert [entry["Name"] for entry in found] == [f"package-0999{number}" for number in range(10)]


def test_large_inventories_of_many_hosts_come_in_pages_that_end_early(ssm):
    entries = [{"Name": f"package-{number}", "Summary": "x" * 1000} for number in range(2000)]
    for number in range(4):
        ssm.put_inventory(InstanceId=host(number), Items=[item("AWS:Application", entries)])
    attributes = [{"TypeName": "AWS:Application"}]
    found, pages = all_of(ssm, "get_inventory", "Entities", ResultAttributes=attributes)
    assert [entity["Id"] for entity in found] == [host(number) for number in range(4)]
    assert pages > 1
    assert all(len(entity["Data"]["AWS:Application"]["Content"]) == 2000 for entity in found)


WRONG = {
    "InvalidInstanceId": {"InstanceId": "mi-0123456789ABCDEF0"},
    "InvalidTypeNameException": {"Items": [item("AWS:NoSuchType", [])]},
    "InvalidItemContentException": {"Items": [item("AWS:Network", []), item("AWS:Network", [])]},
    "ItemContentMismatchException": {"Items": [item("AWS:Network", ContentHash="never put")]},
    "UnsupportedInventorySchemaVersionException": {"Items": [item("AWS:Network", [], "1.1")]},
    "UnsupportedInventoryItemContextException": {"Items": [item("AWS:Network", [], Context={"a": "b"})]},
    "InvalidInventoryItemContextException": {"Items": [item("AWS:ComplianceItem", [], Context={"a": "b"})]},
    "ItemSizeLimitExceededException": {"Items": [item("AWS:Network", [{"a": "x" * 4096}] * 1100)]},
    "ValidationException": {"Items": [item("AWS:Network", [], CaptureTime="yesterday")]},
}


@pytest.mark.parametrize("code", WRONG)
def test_what_is_wrong_with_an_inventory_is_told_and_none_of_it_taken(ssm, code):
    given = {"InstanceId": HOST, "Items": []} | WRONG[code]
    given["Items"] = [item("AWS:Service", [{"Name": "sshd"}]), *given["Items"]]
    with refused(code, 400):
        ssm.put_inventory(**given)
    assert ssm.get_inventory()["Entities"] == []


def test_a_host_has_sixteen_megabytes_of_inventory_and_no_more(ssm):
    entries = [{"a": "x" * 4096}] * 1000
    types = ["AWS:Application", "AWS:Network", "AWS:Service", "AWS:File"]
    for type_name in types[:3]:
        ssm.put_inventory(InstanceId=HOST, Items=[item(type_name, entries)])
    with refused("TotalSizeLimitExceededException"):
        ssm.put_inventory(InstanceId=HOST, Items=[item(types[3], entries), item("Custom:More", entries[:200])])


def test_twenty_custom_types_are_known_and_no_more(ssm):
    for number in range(20):
        ssm.put_inventory(InstanceId=HOST, Items=[item(f"Custom:Type{number}", [{"a": "1"}])])
    with refused("CustomSchemaCountLimitExceededException"):
        ssm.put_inventory(InstanceId=HOST, Items=[item("Custom:More", [])])
    schemas, _ = all_of(ssm, "get_inventory_schema", "Schemas", TypeName="Custom")
    assert len(schemas) == 20
    assert schemas[0]["Attributes"] == [{"Name": "a", "DataType": "string"}]


def test_hosts_are_found_and_counted_by_what_is_on_them(ssm, beats):
    for number, (platform, version) in enumerate([("Linux", "3.0.7"), ("Linux", "3.0.15"), ("Windows", "3.0.7")]):
        beats(host(number), PlatformType=platform, AgentName="agent", AgentVersion="1")
        ssm.put_inventory(
            InstanceId=host(number), Items=[item("AWS:Application", [{"Name": "openssl", "Version": version}])]
        )

    def found(*filters):
        wanted = [{"Key": key, "Type": operator, "Values": values} for key, operator, values in filters]
        return [entity["Id"] for entity in ssm.get_inventory(Filters=wanted)["Entities"]]

    assert found(("AWS:InstanceInformation.PlatformType", "Equal", ["Linux"])) == [host(0), host(1)]
    assert found(("AWS:Application.Version", "LessThan", ["3.0.10"])) == [host(0), host(2)]
    assert found(
        ("AWS:Application.Version", "Equal", ["3.0.7", "3.0.15"]),
        ("AWS:InstanceInformation.PlatformType", "NotEqual", ["Linux"]),
    ) == [host(2)]
    counted = ssm.get_inventory(Aggregators=[{"Expression": "AWS:InstanceInformation.PlatformType"}])["Entities"]
    content = counted[0]["Data"]["AWS:InstanceInformation"]["Content"]
    assert content == [{"PlatformType": "Linux", "Count": "2"}, {"PlatformType": "Windows", "Count": "1"}]
    groups = [{"Name": "Files", "Filters": [{"Key": "TypeName", "Type": "Exists", "Values": ["AWS:File"]}]}]
    counted = ssm.get_inventory(Aggregators=[{"Groups": groups}])["Entities"][0]["Data"]["Files"]["Content"]
    assert counted == [{"notMatchingCount": "3"}, {"matchingCount": "0"}]


ASKED_WRONGLY = {
    "InvalidFilter": {"Filters": [{"Key": "Name", "Values": ["x"]}]},
    "InvalidAggregatorException": {"Aggregators": [{"Expression": "AWS:Application"}]},
    "InvalidTypeNameException": {"ResultAttributes": [{"TypeName": "AWS:NoSuchType"}]},
    "InvalidNextToken": {"NextToken": "garbage"},
    "InvalidInventoryGroupException": {
        "Aggregators": [
            {"Groups": [{"Name": "a", "Filters": [{"Key": "TypeName", "Type": "Exists", "Values": ["AWS:File"]}]}] * 2}
        ]
    },
    "InvalidResultAttributeException": {
        "Aggregators": [{"Expression": "AWS:Application.Name"}],
        "ResultAttributes": [{"TypeName": "AWS:Application"}],
    },
}


@pytest.mark.parametrize("code", ASKED_WRONGLY)
def test_questions_that_make_no_sense_are_refused(ssm, code):
    with refused(code, 400):
        ssm.get_inventory(**ASKED_WRONGLY[code])


# -- hosts ---------------------------------------------------------------------------------------


def test_a_host_registers_with_an_activation_and_without_a_signature(server):
    ssm = server.client("ssm")
    made = ssm.create_activation(IamRole="hosts", DefaultInstanceName="web", Tags=[{"Key": "team", "Value": "db"}])
    members = {"ActivationId": made["ActivationId"], "ActivationCode": made["ActivationCode"], "Fingerprint": "f"}
    status, answer = agent_call(server, "RegisterManagedInstance", members | {"ActivationCode": "x" * 20}, None)
    assert (status, answer["__type"]) == (400, "InvalidActivation")
    status, answer = agent_call(server, "RegisterManagedInstance", members, None)
    assert status == 200, answer
    instance_id = answer["InstanceId"]
    filters = [{"Key": "ActivationIds", "Values": [made["ActivationId"]]}]
    [known] = ssm.describe_instance_information(Filters=filters)["InstanceInformationList"]
    assert (known["InstanceId"], known["Name"], known["IamRole"]) == (instance_id, "web", "hosts")
    tags = ssm.list_tags_for_resource(ResourceType="ManagedInstance", ResourceId=instance_id)["TagList"]
    assert tags == [{"Key": "team", "Value": "db"}]
    assert agent_call(server, "RegisterManagedInstance", members | {"Fingerprint": "g"}, None)[0] == 400
    [shown] = ssm.describe_activations(
        Filters=[{"FilterKey": "ActivationIds", "FilterValues": [made["ActivationId"]]}]
    )["ActivationList"]
    assert (shown["RegistrationsCount"], shown["RegistrationLimit"]) == (1, 1)
    ssm.delete_activation(ActivationId=made["ActivationId"])


def test_only_what_a_policy_allows_may_tell_and_others_unsigned_may_not(server, people, root):
    writer = people.make("writer", document(allow(
        ["ssm:PutInventory", "ssm:UpdateInstanceInformation"],
        f"arn:aws:ssm:{HOME_REGION}:{people.account}:managed-instance/{HOST}",
    )))
    beat(server, HOST, writer)
    own = server.client("ssm", writer)
    own.put_inventory(InstanceId=HOST, Items=[item("AWS:Network", [])])
    with refused("AccessDeniedException"):
        own.put_inventory(InstanceId=host(2), Items=[item("AWS:Network", [])])
    with refused("AccessDeniedException"):
        own.get_inventory()
    assert agent_call(server, "UpdateInstanceInformation", {"InstanceId": HOST}, None)[0] in (400, 403)


def test_an_agent_that_falls_silent_is_shown_so(make_server):
    server = make_server().start()
    ssm = server.client("ssm")
    beat(server, HOST, AgentVersion="1.2", PlatformType="Linux", PlatformName="Debian", IPAddress="10.0.0.9")

    def seen():
        [known] = ssm.describe_instance_information()["InstanceInformationList"]
        return known

    assert (seen()["PingStatus"], seen()["IPAddress"]) == ("Online", "10.0.0.9")
    server.move_clock(advance="11m")
    assert seen()["PingStatus"] == "ConnectionLost"
    beat(server, HOST)
    last = seen()["LastPingDateTime"]
    assert (seen()["PingStatus"], seen()["PlatformName"]) == ("Online", "Debian")
    server.stop()
    server.start()
    ssm = server.client("ssm")
    assert seen()["LastPingDateTime"] == last
    ssm.deregister_managed_instance(InstanceId=HOST)
    assert ssm.describe_instance_information()["InstanceInformationList"] == []
    status, answer = agent_call(server, "UpdateInstanceInformation", {"InstanceId": HOST})
    assert (status, answer["__type"]) == (400, "InvalidInstanceId")


def test_how_a_host_complies_is_listed_and_summed_up(ssm, beats):
    beats(HOST)
    told = [
        {"Id": "KB1", "Title": "One", "Severity": "HIGH", "Status": "NON_COMPLIANT", "Details": {"a": "b"}},
        {"Id": "KB2", "Title": "Two", "Severity": "LOW", "Status": "COMPLIANT"},
    ]
    how = {"ResourceType": "ManagedInstance", "ComplianceType": "Patch", "ExecutionSummary": {"ExecutionTime": 0}}
    ssm.put_compliance_items(ResourceId=HOST, Items=told, **how)
    items = ssm.list_compliance_items(ResourceIds=[HOST], ResourceTypes=["ManagedInstance"])["ComplianceItems"]
    assert [(one["Id"], one["Status"]) for one in items] == [("KB1", "NON_COMPLIANT"), ("KB2", "COMPLIANT")]
    [summary] = ssm.list_resource_compliance_summaries()["ResourceComplianceSummaryItems"]
    assert (summary["Status"], summary["OverallSeverity"]) == ("NON_COMPLIANT", "HIGH")
    with refused("InvalidResourceId"):
        ssm.put_compliance_items(ResourceId=host(9), Items=told, **how)
    with refused("InvalidResourceType"):
        ssm.put_compliance_items(ResourceId=HOST, Items=told, **(how | {"ResourceType": "Bucket"}))


def test_custom_inventory_is_deleted(server, ssm):
    for number in range(3):
        ssm.put_inventory(InstanceId=host(number), Items=[item("Custom:Rack", [{"Row": "7"}])])
    with refused("InvalidTypeNameException"):
        ssm.delete_inventory(TypeName="AWS:Application")
    with refused("InvalidInventoryRequestException"):
        ssm.delete_inventory(TypeName="Custom:Unknown")
    answer = ssm.delete_inventory(TypeName="Custom:Rack", SchemaDeleteOption="DeleteSchema")
    assert answer["DeletionSummary"]["TotalCount"] == 3
    server.move_clock(advance="61m")
    [deletion] = ssm.describe_inventory_deletions(DeletionId=answer["DeletionId"])["InventoryDeletions"]
    assert (deletion["LastStatus"], deletion["DeletionSummary"]["RemainingCount"]) == ("Complete", 0)
    assert ssm.list_inventory_entries(InstanceId=host(1), TypeName="Custom:Rack")["Entries"] == []
    assert ssm.get_inventory_schema(TypeName="Custom")["Schemas"] == []
    with refused("InvalidDeletionIdException"):
        ssm.describe_inventory_deletions(DeletionId="0e1f2a3b-0000-4000-8000-000000000000")


def test_calls_leave_events_without_contents_and_codes(server, root, ssm, beats):
    beats(HOST, PlatformType="Linux")
    ssm.put_inventory(InstanceId=HOST, Items=[item("AWS:Network", [{"Name": "eth0-of-it"}], ContentHash="hash-of-it")])
    code = ssm.create_activation(IamRole="hosts")["ActivationCode"]
    ssm.get_inventory()
    [put] = server.records(root, EventName="PutInventory")
    assert (put["eventSource"], put["readOnly"], put["managementEvent"]) == ("ssm.amazonaws.com", False, True)
    assert put["requestParameters"]["instanceId"] == HOST
    assert put["requestParameters"]["items"][0]["contentHash"] == "hash-of-it"
    assert "eth0-of-it" not in json.dumps(put)
    [made] = server.records(root, EventName="CreateActivation")
    assert made["responseElements"]["activationId"] and code not in json.dumps(made)
    [told] = server.records(root, EventName="UpdateInstanceInformation")
    assert told["requestParameters"]["platformType"] == "Linux"
    [asked] = server.records(root, EventName="GetInventory")
    assert asked["readOnly"] is True


def test_other_operations_are_not_served_where_no_upstream_is(ssm):
    with refused("NotImplementedException", 501):
        ssm.get_parameter(Name="x")
    with refused("NotImplementedException", 501):
        ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId="x", Tags=[{"Key": "a", "Value": "b"}])


# -- AWS Config ------------------------------------------------------------------------------------


class Recorded:
    """A server whose recorder runs."""

    def __init__(self, server):
        self.server = server
        self.connect()
        start_recorder(server)

    def connect(self):
        """Makes clients, anew after a start."""
        self.config, self.s3, self.ssm = (self.server.client(name) for name in ("config", "s3", "ssm"))

    def history(self, resource_id=HOST, resource_type=INVENTORY):
        """The items of a host, the newest first, once all that was told is recorded."""
        self.server.move_clock(advance="61s")
        how = {"resourceType": resource_type, "resourceId": resource_id}
        return self.config.get_resource_config_history(**how)["configurationItems"]


@pytest.fixture
def recorded(make_server):
    """Such a server, of its own."""
    return Recorded(make_server().start())


def test_each_change_of_a_host_is_an_item(recorded):
    ssm = recorded.ssm
    entries = [{"Name": "openssl", "Version": "3.0.7"}, {"Name": "nginx", "Version": "1"}]
    beat(recorded.server, HOST, PlatformType="Linux", PlatformName="Debian")
    ssm.put_inventory(InstanceId=HOST, Items=[item("AWS:Application", entries), item("AWS:Service", [{"Name": "x"}])])
    [first] = recorded.history()
    assert first["configurationItemStatus"] == "ResourceDiscovered"
    assert first["arn"] == f"arn:aws:ssm:{HOME_REGION}:{SERVER_ACCOUNT}:managed-instance-inventory/{HOST}"
    assert "availabilityZone" not in first and first["relationships"] == []
    configuration = json.loads(first["configuration"])
    assert sorted(configuration) == ["AWS:Application", "AWS:InstanceInformation"]
    assert configuration["AWS:Application"]["Content"] == [entries[1], entries[0]]
    assert configuration["AWS:InstanceInformation"]["Content"][HOST]["PlatformName"] == "Debian"

    # The same in another order, at another time, is no change; nor is a heartbeat.
    again = item("AWS:Application", entries[::-1]) | {"CaptureTime": "2026-07-05T09:30:00Z"}
    ssm.put_inventory(InstanceId=HOST, Items=[again])
    beat(recorded.server, HOST, PlatformType="Linux", PlatformName="Debian")
    assert len(recorded.history()) == 1

    ssm.put_inventory(InstanceId=HOST, Items=[item("AWS:Application", entries[:1])])
    ssm.add_tags_to_resource(ResourceType="ManagedInstance", ResourceId=HOST, Tags=[{"Key": "team", "Value": "db"}])
    newest = recorded.history()[0]
    assert newest["configurationItemStatus"] == "OK"
    assert json.loads(newest["configuration"])["AWS:Application"]["Content"] == entries[:1]
    assert newest["tags"] == {"team": "db"}

    ssm.deregister_managed_instance(InstanceId=HOST)
    newest = recorded.history()[0]
    assert newest["supplementaryConfiguration"] == {"InstanceStatus": '"Unmanaged"'}


def test_an_instance_of_ec2_is_named_and_compliance_names_the_host(recorded):
    instance = "i-0123456789abcdef0"
    recorded.ssm.put_inventory(InstanceId=instance, Items=[item("AWS:Network", [])])
    related = [{"resourceType": "AWS::EC2::Instance", "resourceId": instance, "relationshipName": "Is associated with "}]
    assert recorded.history(instance)[0]["relationships"] == related
    recorded.ssm.put_compliance_items(
        ResourceId=instance, ResourceType="ManagedInstance", ComplianceType="Association",
        ExecutionSummary={"ExecutionTime": 0}, Items=[{"Id": "a", "Severity": "LOW", "Status": "COMPLIANT"}],
    )
    [told] = recorded.history(f"{INVENTORY}/{instance}", "AWS::SSM::AssociationCompliance")
    summary = json.loads(told["configuration"])["AWS:ComplianceSummary"]["Content"]["Association"]
    assert summary["Status"] == "COMPLIANT"
    assert told["relationships"][0]["resourceId"] == instance


def test_what_was_told_before_recording_is_recorded_when_it_starts(make_server):
    server = make_server().start()
    server.client("ssm").put_inventory(InstanceId=HOST, Items=[item("AWS:Network", [{"Name": "eth0"}])])
    server.move_clock(advance="2m")
    assert len(Recorded(server).history()) == 1


# -- kill -9 -----------------------------------------------------------------------------------------


class Telling(threading.Thread):
    """A host that tells more and more until the server is gone; knows what was taken."""

    def __init__(self, ssm, instance_id):
        super().__init__()
        self.ssm, self.instance_id, self.taken = ssm, instance_id, 0

    def run(self):
        for count in range(1, 100_000):
            entries = [{"Name": f"package-{number}", "Version": str(count)} for number in range(50)]
            items = [item("AWS:Application", entries), item("AWS:Network", entries)]
            try:
                self.ssm.put_inventory(InstanceId=self.instance_id, Items=items)
            except (BotoCoreError, ClientError):
                return
            self.taken = count


def test_what_was_acknowledged_outlives_kill_9_whole_and_is_recorded(make_server):
    recorded = Recorded(make_server().start())
    server = recorded.server
    for killed_after in (3, 10):
        hosts = [Telling(server.client("ssm"), host(number)) for number in range(3)]
        for one in hosts:
            one.start()
        while min(one.taken for one in hosts) < killed_after:
            hosts[0].join(0.01)
        server.kill()
        for one in hosts:
            one.join()
        server.start()
        recorded.connect()
        for one in hosts:
            versions = set()
            for type_name in ("AWS:Application", "AWS:Network"):
                entries, _ = all_of(
                    recorded.ssm, "list_inventory_entries", "Entries", InstanceId=one.instance_id, TypeName=type_name
                )
                assert len(entries) == 50
                versions |= {entry["Version"] for entry in entries}
            # Both types of a call were taken or none; the last may have been taken without an answer.
            assert versions in ({str(one.taken)}, {str(one.taken + 1)})
            newest = json.loads(recorded.history(one.instance_id)[0]["configuration"])
            assert {entry["Version"] for entry in newest["AWS:Application"]["Content"]} == versions
