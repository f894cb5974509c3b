"""Systems Manager shared with an upstream: inventory is the server's, Parameter Store moto's, and what is recorded of
either is what was done."""

import json
import urllib.request

import pytest

from gateway_raw import KeepingUpstream, send, signed
from gateway_world import GatewayWorld
from harness import Credentials, Server
from inventory import agent_call, host, item
from policies import allow, document
from refusals import refused

ACCOUNT = "210000000077"
HOST = host(1)
JSON = ("Content-Type", "application/x-amz-json-1.1")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server with moto behind it, which has all that the server does not serve."""
    one = GatewayWorld(tmp_path_factory.mktemp("shared-ssm"), ACCOUNT, named=())
    yield one
    one.end()


def moto_hosts(world):
    """What moto was told of inventory: it has no such operation, so that a call that reached it is an error there."""
    with urllib.request.urlopen(f"{world.moto.url}/moto-api/data.json") as answer:
        return json.loads(answer.read()).get("ssm", {})


def test_parameters_are_the_upstreams_and_inventory_is_the_servers(world):
    ssm = world.client("ssm")
    ssm.put_parameter(Name="/app/key", Value="a-secret-value", Type="SecureString")
    assert ssm.get_parameter(Name="/app/key", WithDecryption=True)["Parameter"]["Value"] == "a-secret-value"
    ssm.put_inventory(InstanceId=HOST, Items=[item("AWS:Network", [{"Name": "eth0"}])])
    assert ssm.list_inventory_entries(InstanceId=HOST, TypeName="AWS:Network")["Entries"] == [{"Name": "eth0"}]
    assert agent_call(world.server, "UpdateInstanceInformation", {"InstanceId": HOST}, world.root) == (200, {})
    [stored] = world.server.records(world.root, EventName="PutParameter")
    assert stored["requestParameters"]["name"] == "/app/key" and "a-secret-value" not in json.dumps(stored)
    [put] = world.server.records(world.root, EventName="PutInventory")
    assert put["requestParameters"]["instanceId"] == HOST
    assert "PutInventory" not in json.dumps(moto_hosts(world))


def test_tags_are_those_of_the_resource_that_is_named(world):
    ssm = world.client("ssm")
    ssm.put_parameter(Name="tagged", Value="v", Type="String")
    ssm.put_inventory(InstanceId=HOST, Items=[item("AWS:Network", [])])
    for resource_type, resource_id in (("Parameter", "tagged"), ("ManagedInstance", HOST)):
        named = {"ResourceType": resource_type, "ResourceId": resource_id}
        tags = [{"Key": "of", "Value": resource_type}]
        ssm.add_tags_to_resource(**named, Tags=tags)
        assert ssm.list_tags_for_resource(**named)["TagList"] == tags
        ssm.remove_tags_from_resource(**named, TagKeys=["of"])
        assert ssm.list_tags_for_resource(**named)["TagList"] == []
    recorded = world.server.records(world.root, EventName="AddTagsToResource")
    assert sorted(one["requestParameters"]["resourceType"] for one in recorded) == ["ManagedInstance", "Parameter"]


def test_policies_are_weighed_on_both_sides(world):
    may = document(allow("ssm:GetParameter"), allow("ssm:GetInventory"))
    little = world.client("ssm", world.user("little", may))
    little.get_inventory()
    with refused("AccessDeniedException"):
        little.put_parameter(Name="x", Value="v", Type="String")
    with refused("AccessDeniedException"):
        little.put_inventory(InstanceId=HOST, Items=[item("AWS:Network", [])])
    with refused("AccessDeniedException"):
        little.add_tags_to_resource(
            ResourceType="ManagedInstance", ResourceId=HOST, Tags=[{"Key": "a", "Value": "b"}]
        )


# -- no spelling leads the server's own calls to the upstream ------------------------------------------

PUT = json.dumps({"InstanceId": HOST, "Items": [item("AWS:Network", [])]}).encode()
TAG = {"ResourceType": "ManagedInstance", "ResourceId": HOST, "Tags": [{"Key": "a", "Value": "b"}]}
TAGGING = ("X-Amz-Target", "AmazonSSM.AddTagsToResource")

# Headers, body, and further arguments of the signer.
TRICKS = {
    "plainly": ([JSON, ("X-Amz-Target", "AmazonSSM.PutInventory")], PUT),
    "in lower case": ([JSON, ("X-Amz-Target", "AmazonSSM.putinventory")], PUT),
    "in capitals": ([JSON, ("X-Amz-Target", "AmazonSSM.PUTINVENTORY")], PUT),
    "with a blank": ([JSON, ("X-Amz-Target", "AmazonSSM.PutInventory ")], PUT),
    "prefix in lower case": ([JSON, ("X-Amz-Target", "amazonssm.PutInventory")], PUT),
    "twice": ([JSON, ("X-Amz-Target", "AmazonSSM.PutInventory"), ("X-Amz-Target", "AmazonSSM.GetParameter")], PUT),
    "twice, the other first": (
        [JSON, ("X-Amz-Target", "AmazonSSM.GetParameter"), ("X-Amz-Target", "AmazonSSM.PutInventory")], PUT,
    ),
    "with more dots": ([JSON, ("X-Amz-Target", "AmazonSSM.GetParameter.PutInventory")], PUT),
    "as CBOR": ([("smithy-protocol", "rpc-v2-cbor")], PUT, {"target": "/service/AmazonSSM/operation/PutInventory"}),
    "as a form": ([("Content-Type", "application/x-www-form-urlencoded")], b"Action=PutInventory&InstanceId=i-1"),
    "with an action in the URL": (
        [JSON, ("X-Amz-Target", "AmazonSSM.GetParameter")], PUT, {"target": "/?Action=PutInventory"},
    ),
    "tags of a host": ([JSON, TAGGING], json.dumps(TAG).encode()),
    "tags of a host, in lower case": (
        [JSON, ("X-Amz-Target", "AmazonSSM.addtagstoresource")], json.dumps(TAG).encode(),
    ),
    "tags of a host, escaped": ([JSON, TAGGING], json.dumps(TAG).replace("Managed", "\\u004danaged").encode()),
    "tags of a host, its type's name escaped": ([JSON, TAGGING], json.dumps(TAG).replace("Type", "\\u0054ype").encode()),
    "tags of two types": (
        [JSON, TAGGING], json.dumps(TAG).replace("{", '{"ResourceType":"Parameter",', 1).encode(),
    ),
    "tags of two types, the host first": (
        [JSON, TAGGING], json.dumps(TAG).replace('"ManagedInstance",', '"ManagedInstance","ResourceType":"Parameter",').encode(),
    ),
    "tags of a host in pieces": (
        [JSON, TAGGING, ("Content-Encoding", "gzip")], json.dumps(TAG).encode(),
    ),
    "tags of a host after a mark": ([JSON, TAGGING], b"\xef\xbb\xbf" + json.dumps(TAG).encode()),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A server before an upstream that keeps everything, named for Systems Manager too."""
    upstream = KeepingUpstream()
    options = ("--upstream", upstream.url, "--upstream", f"ssm={upstream.url}", "--upstream", f"s3={upstream.url}")
    server = Server(tmp_path_factory.mktemp("kept") / "data", options=options).start()
    yield server, upstream, Credentials(ACCOUNT, "test")
    server.end()
    upstream.close()


@pytest.mark.parametrize("name", TRICKS)
def test_no_spelling_leads_past_the_server(kept, name):
    server, upstream, root = kept
    upstream.requests.clear()
    headers, body, *more = TRICKS[name]
    more = dict(more[0]) if more else {}
    status = send(server, signed(root, "ssm", "POST", more.pop("target", "/"), headers, body, **more))
    assert status != 0
    sent = b"".join(upstream.requests).lower()
    assert b"putinventory" not in sent and b"managedinstance" not in sent, sent
    assert b"\\u004danaged" not in sent


def test_a_host_without_a_signature_registers_with_the_server_alone(kept):
    server, upstream, _ = kept
    upstream.requests.clear()
    made = server.client("ssm").create_activation(IamRole="hosts")
    members = {"ActivationId": made["ActivationId"], "ActivationCode": made["ActivationCode"]}
    status, answer = agent_call(server, "RegisterManagedInstance", members, None)
    assert (status, answer["InstanceId"][:3]) == (200, "mi-")
    assert agent_call(server, "GetParameter", {"Name": "x"}, None)[0] in (400, 403)
    assert upstream.requests == []


def test_what_is_not_the_servers_own_reaches_the_upstream(kept):
    server, upstream, root = kept
    upstream.requests.clear()
    parameter = json.dumps(TAG | {"ResourceType": "Parameter"}).encode()
    for target, body in (("GetParameter", b'{"Name":"x"}'), ("SendCommand", b"{}"), ("AddTagsToResource", parameter)):
        assert send(server, signed(root, "ssm", "POST", "/", [JSON, ("X-Amz-Target", f"AmazonSSM.{target}")], body)) == 200
        assert f"x-amz-target: amazonssm.{target}".lower().encode() in upstream.requests[-1].lower()
    assert len(upstream.requests) == 3
