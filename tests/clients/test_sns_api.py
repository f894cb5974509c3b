"""Topics, subscriptions, policies and publishing, as far as nothing need arrive (cloudwatch.md §8.1-§8.6)."""

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest

from policies import allow, deny, document
from refusals import refused

QUEUE_UPSTREAM = ("--upstream", "sqs=http://127.0.0.1:9/", "--sms-gateway", "http://127.0.0.1:9/")
REGION = "us-east-1"


@pytest.fixture(scope="module")
def delivering(tmp_path_factory):
    """A server that takes subscriptions of queues and phones, which it cannot reach."""
    from harness import Server

    one = Server(tmp_path_factory.mktemp("sns") / "data", options=QUEUE_UPSTREAM).start()
    yield one
    died = not one.running()
    one.end()
    assert not died, f"the server ended with {one.process.returncode}:\n{one.stderr}"


@pytest.fixture
def sns(delivering, root):
    return delivering.client("sns", root)


@pytest.fixture
def topic(sns):
    return sns.create_topic(Name="orders")["TopicArn"]


def queue(root, name="q"):
    return f"arn:aws:sqs:{REGION}:{root.key}:{name}"


def refusal(client, operation, code, status=400, **input):
    """The message of a call that is refused with this code."""
    with refused(code, status) as refusal:
        getattr(client, operation)(**input)
    return refusal.message


def unsigned(server, **parameters):
    """Status and body of a GET without a signature, as links make it."""
    query = urllib.parse.urlencode({"Version": "2010-03-31", **parameters})
    try:
        with urllib.request.urlopen(f"{server.url}/?{query}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


# -- topics ------------------------------------------------------------------------------------


def test_a_topic_is_made_once_and_goes_away(root, sns):
    tags = [{"Key": "team", "Value": "red"}]
    attributes = {"DisplayName": "Orders"}
    arn = sns.create_topic(Name="orders", Attributes=attributes, Tags=tags)["TopicArn"]
    assert arn == f"arn:aws:sns:{REGION}:{root.key}:orders"
    assert sns.create_topic(Name="orders", Attributes=attributes, Tags=tags)["TopicArn"] == arn
    different = "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    assert refusal(sns, "create_topic", "InvalidParameter", Name="orders", Attributes={"DisplayName": "x"}) == different
    different = "Invalid parameter: Tags Reason: Topic already exists with different tags"
    other = [{"Key": "team", "Value": "blue"}]
    assert refusal(sns, "create_topic", "InvalidParameter", Name="orders", Tags=other) == different
    assert sns.list_topics()["Topics"] == [{"TopicArn": arn}]
    for _ in range(2):
        sns.delete_topic(TopicArn=arn)
    assert sns.list_topics()["Topics"] == []
    assert refusal(sns, "get_topic_attributes", "NotFound", 404, TopicArn=arn) == "Topic does not exist"


def test_a_new_topic_shows_its_defaults(root, sns, topic):
    shown = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert shown["Owner"] == root.key
    assert shown["DisplayName"] == ""
    assert [shown[f"Subscriptions{kind}"] for kind in ("Confirmed", "Pending", "Deleted")] == ["0", "0", "0"]
    retry = json.loads(shown["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
    assert (retry["numRetries"], retry["minDelayTarget"], retry["backoffFunction"]) == (3, 20, "linear")
    statement = json.loads(shown["Policy"])["Statement"][0]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": root.key}}
    assert "SignatureVersion" not in shown


@pytest.mark.parametrize("name", ["a b", "a.b", "x" * 257, "orders.fifo"])
def test_names_that_are_none_are_refused(sns, name):
    assert refusal(sns, "create_topic", "InvalidParameter", Name=name) == "Invalid parameter: Topic Name"


def test_topics_of_another_region_are_refused(delivering, root, topic):
    elsewhere = delivering.client("sns", root, region="eu-west-1")
    assert refusal(elsewhere, "get_topic_attributes", "InvalidParameter", TopicArn=topic) == "Invalid parameter: TopicArn"
    message = refusal(elsewhere, "publish", "InvalidParameter", TopicArn="orders", Message="m")
    assert message == "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"


def test_attributes_are_checked(sns, topic):
    for name, value, message in [
        ("DisplayName", "x" * 101, "Attributes Reason: DisplayName"),
        ("SignatureVersion", "3", "Attributes Reason: SignatureVersion: Invalid value. Must be 1 or 2."),
        ("TracingConfig", "Off", "Attributes Reason: Invalid tracing config value: Off"),
        ("Colour", "red", "AttributeName"),
        ("Policy", "{", "Policy Error: null"),
    ]:
        said = refusal(
            sns, "set_topic_attributes", "InvalidParameter", TopicArn=topic, AttributeName=name, AttributeValue=value
        )
        assert said == f"Invalid parameter: {message}"
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="2")
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SignatureVersion"] == "2"


def test_a_delivery_policy_shows_in_what_is_in_force(sns, topic):
    retry = {"minDelayTarget": 1, "maxDelayTarget": 60, "numRetries": 10, "backoffFunction": "exponential"}
    policy = json.dumps({"http": {"defaultHealthyRetryPolicy": retry}})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=policy)
    shown = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert shown["DeliveryPolicy"] == policy
    assert json.loads(shown["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 10
    wrong = policy.replace('"numRetries": 10', '"numRetries": 101')
    said = refusal(
        sns,
        "set_topic_attributes",
        "InvalidParameter",
        TopicArn=topic,
        AttributeName="DeliveryPolicy",
        AttributeValue=wrong,
    )
    assert said.startswith("Invalid parameter: DeliveryPolicy: ")
    assert said.endswith("numRetries must be less than or equal to 100")


def test_tags_come_and_go(sns, topic):
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["a"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "2"}]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    said = refusal(sns, "tag_resource", "InvalidParameter", ResourceArn=topic, Tags=twice)
    assert said == "Invalid parameter: Duplicated keys are not allowed."
    said = refusal(sns, "list_tags_for_resource", "ResourceNotFound", 404, ResourceArn=topic + "x")
    assert said == "Resource does not exist"


# -- subscriptions -----------------------------------------------------------------------------


def test_a_queue_of_the_account_is_confirmed_at_once(root, sns, topic):
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue(root))["SubscriptionArn"]
    assert arn.startswith(f"{topic}:")
    assert sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue(root))["SubscriptionArn"] == arn
    shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert shown == {
        "ConfirmationWasAuthenticated": "true",
        "Endpoint": queue(root),
        "Owner": root.key,
        "PendingConfirmation": "false",
        "Protocol": "sqs",
        "RawMessageDelivery": "false",
        "SubscriptionArn": arn,
        "SubscriptionPrincipal": f"arn:aws:iam::{root.key}:root",
        "TopicArn": topic,
    }
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed == sns.list_subscriptions()["Subscriptions"]
    assert [one["SubscriptionArn"] for one in listed] == [arn]


def test_an_endpoint_over_http_is_asked_first(sns, topic):
    waiting = {"TopicArn": topic, "Protocol": "http", "Endpoint": "http://127.0.0.1:9/in"}
    assert sns.subscribe(**waiting)["SubscriptionArn"] == "pending confirmation"
    arn = sns.subscribe(**waiting, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert arn.startswith(f"{topic}:")
    assert sns.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"] == "PendingConfirmation"
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsPending"] == "1"


def test_what_nobody_confirms_goes_away(make_server):
    server = make_server().start()
    sns = server.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:9/in")
    server.move_clock(advance="71h")
    assert len(sns.list_subscriptions()["Subscriptions"]) == 1
    server.move_clock(advance="2h")
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_endpoints_are_checked(sns, topic):
    for protocol, endpoint, message in [
        ("http", "https://host/", "Invalid parameter: Endpoint must match the specified protocol"),
        ("email", "nobody", "Invalid parameter: Email address"),
        ("sms", "abc", "Invalid SMS endpoint: abc"),
        ("sqs", "http://host/q", "Invalid parameter: SQS endpoint ARN"),
        ("lambda", "f", "Invalid parameter: Lambda endpoint ARN"),
        ("application", "a", "Invalid parameter: Application endpoint arn invalid"),
        ("pigeon", "loft", "Invalid parameter: Amazon SNS does not support this protocol string: pigeon"),
    ]:
        said = refusal(sns, "subscribe", "InvalidParameter", TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
        assert said == message


def test_ways_that_are_not_set_up_are_named(sns, topic):
    function = "arn:aws:lambda:us-east-1:111122223333:function:f"
    for protocol, endpoint, setting in [
        ("email", "a@example.org", "--smtp"),
        ("lambda", function, "--upstream lambda=URL"),
        ("application", "arn:aws:sns:us-east-1:111122223333:endpoint/GCM/a/b", "--push-gateway"),
    ]:
        said = refusal(sns, "subscribe", "InvalidParameter", TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
        assert setting in said


def test_attributes_of_subscriptions_are_set_and_removed(root, sns, topic):
    policy = json.dumps({"colour": ["red"]})
    arn = sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue(root), Attributes={"FilterPolicy": policy}
    )["SubscriptionArn"]

    def shown():
        return sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]

    def set_one(name, value):
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)

    assert (shown()["FilterPolicy"], shown()["FilterPolicyScope"]) == (policy, "MessageAttributes")
    set_one("RawMessageDelivery", "true")
    redrive = json.dumps({"deadLetterTargetArn": queue(root, "dead")})
    set_one("RedrivePolicy", redrive)
    assert (shown()["RawMessageDelivery"], shown()["RedrivePolicy"]) == ("true", redrive)
    set_one("FilterPolicy", "")
    assert "FilterPolicy" not in shown()
    for name, value, message in [
        ("Colour", "red", "Invalid parameter: AttributeName"),
        (
            "RawMessageDelivery",
            "x",
            "Invalid parameter: RawMessageDelivery: Invalid value [x]. Must be true or false.",
        ),
        (
            "RedrivePolicy",
            '{"deadLetterTargetArn":"q"}',
            "Invalid parameter: RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
    ]:
        said = refusal(
            sns,
            "set_subscription_attributes",
            "InvalidParameter",
            SubscriptionArn=arn,
            AttributeName=name,
            AttributeValue=value,
        )
        assert said == message


def test_tokens_and_arns_that_lead_nowhere_are_refused(sns, topic):
    for arn, token, message in [
        ("orders", "a" * 128, "Invalid parameter: Topic"),
        (topic, "short", "Invalid parameter: Token"),
        (topic, "a" * 128, "Invalid token"),
    ]:
        assert refusal(sns, "confirm_subscription", "InvalidParameter", TopicArn=arn, Token=token) == message
    said = refusal(sns, "unsubscribe", "InvalidParameter", SubscriptionArn="pending confirmation")
    assert said == "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"
    said = refusal(sns, "unsubscribe", "InvalidParameter", SubscriptionArn=topic)
    assert said == "Invalid parameter: SubscriptionId"


def test_a_link_ends_a_subscription_and_its_owner_does_so_twice(delivering, root, sns, topic):
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue(root))["SubscriptionArn"]
    status, body = unsigned(delivering, Action="Unsubscribe", SubscriptionArn=arn)
    assert status == 200, body
    assert sns.list_subscriptions()["Subscriptions"] == []
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsDeleted"] == "1"


def test_links_do_nothing_else(delivering, topic):
    status, body = unsigned(delivering, Action="DeleteTopic", TopicArn=topic)
    assert status == 403, body
    status, body = unsigned(delivering, Action="ConfirmSubscription", TopicArn=topic, Token="a" * 128)
    assert status == 400 and "<Message>Invalid token</Message>" in body


# -- publishing --------------------------------------------------------------------------------


def test_messages_are_taken_with_attributes(sns, topic):
    sent = sns.publish(
        TopicArn=topic,
        Message="hello",
        Subject="s",
        MessageAttributes={
            "a": {"DataType": "String", "StringValue": "x"},
            "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
            "n": {"DataType": "Number", "StringValue": "1.5"},
        },
    )
    assert len(sent["MessageId"]) == 36
    assert "SequenceNumber" not in sent


def test_messages_that_are_none_are_refused(sns, topic):
    for message, input in [
        ("Empty message", {"Message": ""}),
        ("Message too long", {"Message": "x" * 262_145}),
        ("Subject", {"Message": "m", "Subject": "a\nb"}),
        (
            "Message Structure - No default entry in JSON message body",
            {"Message": '{"sms":"s"}', "MessageStructure": "json"},
        ),
        ("Message Structure - JSON message body failed to parse", {"Message": "{", "MessageStructure": "json"}),
        (
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid "
            "for this topic type",
            {"Message": "m", "MessageDeduplicationId": "d"},
        ),
    ]:
        said = refusal(sns, "publish", "InvalidParameter", TopicArn=topic, **input)
        assert said == f"Invalid parameter: {message}"
    wrong = {"a": {"DataType": "Binary", "StringValue": "x"}}
    said = refusal(sns, "publish", "ParameterValueInvalid", TopicArn=topic, Message="m", MessageAttributes=wrong)
    assert said == "The message attribute 'a' with type 'Binary' must use field 'Binary'."
    assert refusal(sns, "publish", "NotFound", 404, TopicArn=topic + "x", Message="m") == "Topic does not exist"


def test_batches_hold_one_to_ten_messages(sns, topic):
    entries = [
        {"Id": str(n), "Message": "m", "MessageAttributes": {"n": {"DataType": "Number", "StringValue": str(n)}}}
        for n in range(10)
    ]
    done = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in done["Successful"]] == [str(n) for n in range(10)]
    assert done["Failed"] == []
    for code, entries in [
        ("EmptyBatchRequest", []),
        ("TooManyEntriesInBatchRequest", [{"Id": str(n), "Message": "m"} for n in range(11)]),
        ("BatchEntryIdsNotDistinct", [{"Id": "a", "Message": "m"}] * 2),
        ("InvalidBatchEntryId", [{"Id": "a b", "Message": "m"}]),
        ("BatchRequestTooLong", [{"Id": str(n), "Message": "x" * 100_000} for n in range(3)]),
    ]:
        refusal(sns, "publish_batch", code, TopicArn=topic, PublishBatchRequestEntries=entries)


def test_fifo_topics_number_messages_and_tell_repetitions(root, sns):
    arn = sns.create_topic(Name="orders.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    shown = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (shown["FifoTopic"], shown["ContentBasedDeduplication"]) == ("true", "false")
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue(root, "q.fifo"))

    def publish(deduplication_id):
        return sns.publish(
            TopicArn=arn, Message="m", MessageGroupId="g", MessageDeduplicationId=deduplication_id
        )

    first, second, again = publish("1"), publish("2"), publish("1")
    assert first["SequenceNumber"] < second["SequenceNumber"]
    assert again["MessageId"] == first["MessageId"]
    said = refusal(sns, "publish", "InvalidParameter", TopicArn=arn, Message="m")
    assert said == "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
    said = refusal(sns, "publish", "InvalidParameter", TopicArn=arn, Message="m", MessageGroupId="g")
    assert said.startswith("Invalid parameter: The topic should either have ContentBasedDeduplication enabled")


def test_phones_get_text_messages_where_a_gateway_is_set(server, root, sns):
    assert sns.publish(PhoneNumber="+15550100", Message="hello")["MessageId"]
    said = refusal(sns, "publish", "InvalidParameter", PhoneNumber="call me", Message="m")
    assert said == "Invalid parameter: PhoneNumber Reason: call me is not valid to publish to"
    closed = server.client("sns", root)
    said = refusal(closed, "publish", "InvalidParameter", PhoneNumber="+15550100", Message="m")
    assert "--sms-gateway" in said


def test_publishing_is_a_data_event_and_making_a_topic_is_not(delivering, root, sns, topic):
    sns.publish(TopicArn=topic, Message="secret")
    names = [event["EventName"] for event in delivering.events(root)]
    assert "CreateTopic" in names
    assert "Publish" not in names


# -- policies ----------------------------------------------------------------------------------


def resource_policy(principal, topic, effect="Allow", action="SNS:Publish", **more):
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": topic, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def set_policy(sns, topic, policy):
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)


@pytest.fixture
def user(delivering, root):
    """Makes users of the account on this server; gives clients."""
    iam = delivering.client("iam", root)

    def make(name, policy):
        from harness import Credentials

        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return delivering.client("sns", Credentials.of(key))

    return make


def test_another_account_publishes_once_the_topic_lets_it(delivering, other_root, sns, topic):
    other = delivering.client("sns", other_root)
    said = refusal(other, "publish", "AuthorizationError", 403, TopicArn=topic, Message="m")
    assert said == (
        f"User: arn:aws:iam::{other_root.key}:root is not authorized to perform: SNS:Publish on resource: {topic} "
        "because no resource-based policy allows the SNS:Publish action"
    )
    sns.add_permission(TopicArn=topic, Label="p", AWSAccountId=[other_root.key], ActionName=["Publish"])
    other.publish(TopicArn=topic, Message="m")
    batch = [{"Id": "a", "Message": "m"}]
    other.publish_batch(TopicArn=topic, PublishBatchRequestEntries=batch)
    refusal(other, "get_topic_attributes", "AuthorizationError", 403, TopicArn=topic)
    said = refusal(
        sns,
        "add_permission",
        "InvalidParameter",
        TopicArn=topic,
        Label="p",
        AWSAccountId=[other_root.key],
        ActionName=["Publish"],
    )
    assert said == "Invalid parameter: Statement already exists"
    sns.remove_permission(TopicArn=topic, Label="p")
    refusal(other, "publish", "AuthorizationError", 403, TopicArn=topic, Message="m")


def test_users_are_let_in_by_their_own_policies_or_the_topics(root, sns, topic, user):
    set_policy(sns, topic, resource_policy({"AWS": f"arn:aws:iam::{root.key}:user/named"}, topic))
    named = user("named", document(allow("sts:*")))
    free = user("free", document(allow("sns:Publish", topic)))
    stranger = user("stranger", document(allow("sts:*")))
    denied = user("denied", document(allow("sns:*"), deny("sns:Publish", topic)))
    for client in (named, free):
        client.publish(TopicArn=topic, Message="m")
    said = refusal(stranger, "publish", "AuthorizationError", 403, TopicArn=topic, Message="m")
    assert said.endswith("because no identity-based policy allows the SNS:Publish action")
    said = refusal(denied, "publish", "AuthorizationError", 403, TopicArn=topic, Message="m")
    assert said.endswith("with an explicit deny in an identity-based policy")
    set_policy(sns, topic, resource_policy("*", topic, effect="Deny"))
    for client in (named, free, sns):
        said = refusal(client, "publish", "AuthorizationError", 403, TopicArn=topic, Message="m")
        assert said.endswith("with an explicit deny in a resource-based policy")


def test_subscribing_is_weighed_by_protocol_and_endpoint(root, sns, topic, user):
    set_policy(sns, topic, resource_policy("*", topic, Condition={"StringEquals": {"AWS:SourceOwner": "0"}}))
    only_queues = allow("sns:Subscribe", topic, Condition={"StringEquals": {"sns:Protocol": "sqs"}})
    client = user("subscriber", document(only_queues))
    client.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue(root))
    refusal(
        client, "subscribe", "AuthorizationError", 403, TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:9/"
    )


def test_policies_of_other_things_are_refused(sns, topic):
    for policy, message in [
        (resource_policy("*", topic, action="sqs:SendMessage"), "Policy statement action out of service scope!"),
        (json.dumps({"Statement": [allow("sns:Publish", topic)]}), "Policy Error: Missing required field Principal"),
    ]:
        said = refusal(
            sns, "set_topic_attributes", "InvalidParameter", TopicArn=topic, AttributeName="Policy", AttributeValue=policy
        )
        assert said == f"Invalid parameter: {message}"


# -- the rest ----------------------------------------------------------------------------------


def test_all_of_it_survives_a_crash(make_server):
    server = make_server(options=QUEUE_UPSTREAM).start()
    sns = server.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    endpoint = "arn:aws:sqs:us-east-1:111122223333:q"
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)["SubscriptionArn"]
    server.kill()
    again = server.start().client("sns")
    assert [one["SubscriptionArn"] for one in again.list_subscriptions()["Subscriptions"]] == [arn]
    assert again.publish(TopicArn=topic, Message="m")["MessageId"]


def test_the_command_line_speaks_it(delivering, root):
    made = delivering.cli_json("sns", "create-topic", "--name", "cli", credentials=root)
    delivering.cli_json("sns", "publish", "--topic-arn", made["TopicArn"], "--message", "m", credentials=root)
    listed = delivering.cli_json("sns", "list-topics", credentials=root)
    assert made in listed["Topics"]
