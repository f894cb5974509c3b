"""Messages of topics, received and checked by others: HTTP endpoints, mail, queues, gateways."""

import base64
import datetime
import ipaddress
import json
import threading
import urllib.error
import urllib.parse
import urllib.request

import boto3
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509.oid import NameOID

from harness import HOME_REGION, SERVER_ACCOUNT, Credentials

NOTIFICATION_KEYS = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMATION_KEYS = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def string_to_sign(envelope):
    """As AWS's developer guide tells receivers to build it."""
    keys = NOTIFICATION_KEYS if envelope["Type"] == "Notification" else CONFIRMATION_KEYS
    return "".join(f"{key}\n{envelope[key]}\n" for key in keys if key in envelope).encode()


def verify(envelope):
    """Raises unless the envelope's signature is by the certificate that it names."""
    with urllib.request.urlopen(envelope["SigningCertURL"], timeout=60) as answer:
        certificate = x509.load_pem_x509_certificate(answer.read())
    digest = {"1": hashes.SHA1, "2": hashes.SHA256}[envelope["SignatureVersion"]]
    signature = base64.b64decode(envelope["Signature"])
    certificate.public_key().verify(signature, string_to_sign(envelope), padding.PKCS1v15(), digest())


def follow(url):
    """Follows a link of a message, as a person would."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.status, answer.read().decode()


def subscribed(server, receiver, topic, path="/in", **attributes):
    """A confirmed subscription of the receiver; gives its ARN."""
    sns = server.client("sns")
    arn = sns.subscribe(
        TopicArn=topic,
        Protocol="http",
        Endpoint=f"{receiver.url}{path}",
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    receiver.confirm(path)
    return arn


# -- HTTP ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1", "2"])
def test_every_kind_of_message_is_signed(make_server, make_receiver, version):
    server, receiver = make_server().start(), make_receiver()
    sns = server.client("sns")
    attributes = {"SignatureVersion": version}
    topic = sns.create_topic(Name="signed", Attributes=attributes)["TopicArn"]
    arn = sns.subscribe(
        TopicArn=topic, Protocol="http", Endpoint=f"{receiver.url}/in", ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    confirmation = receiver.confirm("/in")
    assert "x-amz-sns-subscription-arn" not in confirmation.headers
    envelope = confirmation.json()
    assert list(envelope) == [
        "Type",
        "MessageId",
        "Token",
        "TopicArn",
        "Message",
        "SubscribeURL",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
    ]
    assert envelope["SignatureVersion"] == version
    verify(envelope)

    color = {"color": {"DataType": "String", "StringValue": "réd"}}
    message_id = sns.publish(TopicArn=topic, Subject='A "subject"', Message="Grüße\nvon hier", MessageAttributes=color)[
        "MessageId"
    ]
    (notification,) = receiver.notifications()
    assert notification.headers["x-amz-sns-message-id"] == message_id
    assert notification.headers["x-amz-sns-topic-arn"] == topic
    assert notification.headers["x-amz-sns-subscription-arn"] == arn
    assert notification.headers["content-type"] == "text/plain; charset=UTF-8"
    assert notification.headers["user-agent"] == "Amazon Simple Notification Service Agent"
    assert b'\n  "Message" : "Gr' in notification.body
    envelope = notification.json()
    assert list(envelope) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
        "UnsubscribeURL",
        "MessageAttributes",
    ]
    assert envelope["Message"] == "Grüße\nvon hier"
    assert envelope["MessageAttributes"] == {"color": {"Type": "String", "Value": "réd"}}
    verify(envelope)
    with pytest.raises(InvalidSignature):
        verify(envelope | {"Message": "forged"})

    assert follow(envelope["UnsubscribeURL"])[0] == 200
    ended = receiver.inbox.wait_for(lambda request: request.kind == "UnsubscribeConfirmation")[0].json()
    verify(ended)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    # The link in it takes that back.
    assert follow(ended["SubscribeURL"])[0] == 200
    sns.publish(TopicArn=topic, Message="again")
    assert receiver.notifications(2)[1].json()["Message"] == "again"


def test_the_certificate_has_one_address_over_restarts(make_server, make_receiver):
    server, receiver = make_server(options=("--public-url", "https://sns.example.org/aws/")).start(), make_receiver()
    sns = server.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    envelope = receiver.inbox.wait_for(lambda request: request.kind == "SubscriptionConfirmation")[0].json()
    assert envelope["SubscribeURL"].startswith("https://sns.example.org/aws/?Action=ConfirmSubscription&Version=2010-03-31&")
    start, name = envelope["SigningCertURL"].rsplit("/", 1)
    assert start == "https://sns.example.org/aws"
    pem = follow(f"{server.url}/{name}")[1]
    server.kill()
    server.start()
    assert follow(f"{server.url}/{name}")[1] == pem
    with pytest.raises(urllib.error.HTTPError):
        follow(f"{server.url}/SimpleNotificationService-{'0' * 32}.pem")


def test_raw_messages_come_bare_and_as_the_policy_says(make_server, make_receiver):
    server, receiver = make_server().start(), make_receiver()
    sns = server.client("sns")
    topic = sns.create_topic(Name="raw")["TopicArn"]
    policy = json.dumps({"requestPolicy": {"headerContentType": "application/json"}})
    subscribed(server, receiver, topic, RawMessageDelivery="true", DeliveryPolicy=policy)
    sns.publish(TopicArn=topic, Message='{"a": 1}')
    (notification,) = receiver.notifications()
    assert notification.body == b'{"a": 1}'
    assert notification.headers["x-amz-sns-rawdelivery"] == "true"
    assert notification.headers["content-type"] == "application/json"


def test_filter_policies_choose_who_gets_what(make_server, make_receiver):
    server, receiver = make_server().start(), make_receiver()
    sns = server.client("sns")
    topic = sns.create_topic(Name="filtered")["TopicArn"]
    subscribed(server, receiver, topic, "/red", FilterPolicy='{"color":["red"]}')
    subscribed(server, receiver, topic, "/big", FilterPolicy='{"size":[{"numeric":[">",9]}]}', FilterPolicyScope="MessageBody")
    subscribed(server, receiver, topic, "/all")
    red = {"color": {"DataType": "String", "StringValue": "red"}}
    sns.publish(TopicArn=topic, Message='{"size": 10}')
    sns.publish(TopicArn=topic, Message='{"size": 1}', MessageAttributes=red)
    sns.publish(TopicArn=topic, Message="last", MessageAttributes=red)
    came = [(request.path, request.json()["Message"]) for request in receiver.notifications(6)]
    assert set(came) == {
        ("/all", "last"),
        ("/all", '{"size": 1}'),
        ("/all", '{"size": 10}'),
        ("/big", '{"size": 10}'),
        ("/red", "last"),
        ("/red", '{"size": 1}'),
    }
    assert len([request for request in receiver.inbox.all() if request.kind == "Notification"]) == 6


def test_retries_follow_the_policy_of_the_topic(make_server, make_receiver):
    answers = {}
    receiver = make_receiver(answer=lambda request: answers.get(request.path, 200))
    server = make_server().start()
    sns = server.client("sns")
    retry = {"minDelayTarget": 5, "maxDelayTarget": 60, "numRetries": 3, "numNoDelayRetries": 1, "numMinDelayRetries": 1}
    policy = json.dumps({"http": {"defaultHealthyRetryPolicy": retry | {"numMaxDelayRetries": 1}}})
    topic = sns.create_topic(Name="retried", Attributes={"DeliveryPolicy": policy})["TopicArn"]
    subscribed(server, receiver, topic, "/busy")
    subscribed(server, receiver, topic, "/gone")
    answers.update({"/busy": 503, "/gone": 410})
    sns.publish(TopicArn=topic, Message="m")
    tried = lambda path: [r for r in receiver.inbox.all() if r.kind == "Notification" and r.path == path]  # noqa: E731
    # One attempt, and one more at once.
    server.move_clock(advance="4s")
    assert (len(tried("/busy")), len(tried("/gone"))) == (2, 1)
    server.move_clock(advance="1s")
    assert len(tried("/busy")) == 3
    server.move_clock(advance="59s")
    assert len(tried("/busy")) == 3
    answers.clear()
    server.move_clock(advance="1s")
    assert len(tried("/busy")) == 4
    server.move_clock(advance="2h")
    assert (len(tried("/busy")), len(tried("/gone"))) == (4, 1)
    ids = {request.headers["x-amz-sns-message-id"] for request in tried("/busy")}
    assert len(ids) == 1
    assert len({request.body for request in tried("/busy")}) == 1


def test_what_a_kill_interrupts_is_delivered_by_the_next_life(make_server, make_receiver):
    arrived, release = threading.Event(), threading.Event()

    def answer(request):
        if request.kind == "Notification" and not release.is_set():
            arrived.set()
            release.wait(60)
        return 200

    receiver = make_receiver(answer=answer)
    server = make_server().start()
    sns = server.client("sns")
    topic = sns.create_topic(Name="interrupted")["TopicArn"]
    subscribed(server, receiver, topic)
    message_id = sns.publish(TopicArn=topic, Message="m")["MessageId"]
    assert arrived.wait(60)
    server.kill()
    release.set()
    server.start()
    # The first came, but nobody could write down that it did.
    came = receiver.notifications(2)
    assert {request.json()["MessageId"] for request in came} == {message_id}
    # It is written down now.
    server.move_clock(advance="1h")
    server.kill()
    server.start()
    server.move_clock(advance="1h")
    assert len(receiver.notifications(2)) == len([r for r in receiver.inbox.all() if r.kind == "Notification"])


def test_what_waits_for_a_retry_survives_a_kill(make_server, make_receiver):
    status = {"now": 200}
    receiver = make_receiver(answer=lambda request: status["now"])
    server = make_server().start()
    sns = server.client("sns")
    topic = sns.create_topic(Name="kept")["TopicArn"]
    subscribed(server, receiver, topic)
    status["now"] = 500
    for number in range(20):
        sns.publish(TopicArn=topic, Message=str(number))
    receiver.notifications(20)
    server.kill()
    status["now"] = 200
    server.start()
    server.move_clock(advance="30s")
    came = [request.json()["Message"] for request in receiver.notifications(40)[20:]]
    assert sorted(came, key=int) == [str(number) for number in range(20)]


# -- mail ------------------------------------------------------------------------------------


def own_certificate(folder):
    """A certificate for 127.0.0.1 and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    files = folder / "mail.pem", folder / "mail.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "login-over-starttls"])
def test_mails_are_confirmed_read_and_ended_by_their_links(tmp_path, make_server, make_mail_server, secured):
    if secured:
        certificate, key = own_certificate(tmp_path)
        mails = make_mail_server(login=("me@here", "p:w"), tls=(certificate, key))
        options = ("--smtp", f"smtp://me%40here:p%3Aw@{mails.address}?tls=required", "--smtp-from", "sns@example.org")
        server = make_server(options=options, environment={"SSL_CERT_FILE": str(certificate)}).start()
    else:
        mails = make_mail_server()
        server = make_server(options=("--smtp", f"smtp://{mails.address}", "--smtp-from", "sns@example.org")).start()
    sns = server.client("sns")
    topic = sns.create_topic(Name="mail", Attributes={"DisplayName": "Büro"})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@example.com")
    sns.subscribe(TopicArn=topic, Protocol="email-json", Endpoint="bot@example.com")

    def of(address, subject):
        wanted = lambda mail: mail.recipients == [address] and mail.subject == subject  # noqa: E731
        return mails.inbox.wait_for(wanted)[0]

    asked = of("ann@example.com", "AWS Notification - Subscription Confirmation")
    assert asked.sender == "sns@example.org"
    assert asked.message["from"].addresses[0].display_name == "Büro"
    assert topic in asked.text
    link = next(line for line in asked.text.splitlines() if "Action=ConfirmSubscription" in line)
    assert follow(link)[0] == 200
    envelope = json.loads(of("bot@example.com", "AWS Notification - Subscription Confirmation").text)
    verify(envelope)
    assert follow(envelope["SubscribeURL"])[0] == 200

    sns.publish(TopicArn=topic, Subject="Lunch", Message="Suppe für alle")
    text = of("ann@example.com", "Lunch").text
    assert text.splitlines()[:3] == ["Suppe für alle", "", "--"]
    envelope = json.loads(of("bot@example.com", "Lunch").text)
    assert envelope["Message"] == "Suppe für alle"
    verify(envelope)

    link = next(line for line in text.splitlines() if "Action=Unsubscribe" in line)
    assert follow(link)[0] == 200
    left = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [one["Endpoint"] for one in left] == ["bot@example.com"]


def test_an_address_gets_ten_mails_a_second_and_loses_neither_mail_nor_subscription(make_server, make_mail_server):
    mails = make_mail_server()
    server = make_server(options=("--smtp", f"smtp://{mails.address}")).start()
    sns = server.client("sns")
    topic = sns.create_topic(Name="flood")["TopicArn"]
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@example.com", ReturnSubscriptionArn=True)
    asked = mails.inbox.wait_for(lambda mail: "Confirmation" in mail.subject)[0]
    follow(next(line for line in asked.text.splitlines() if "Action=ConfirmSubscription" in line))
    for _ in range(5):
        entries = [{"Id": str(number), "Message": "m"} for number in range(10)]
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    server.move_clock(advance="5s")
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn["SubscriptionArn"])["Attributes"]
    assert attributes["PendingConfirmation"] == "false"
    assert len(mails.inbox.all()) == 51


# -- queues, functions, gateways -------------------------------------------------------------


def queues(moto):
    """A client of moto's queues."""
    return boto3.client(
        "sqs",
        region_name=HOME_REGION,
        endpoint_url=moto.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def made_queue(sqs, name, **attributes):
    """The URL and the ARN of a new queue."""
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def received(sqs, url):
    """All messages of a queue."""
    messages = []
    while True:
        some = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        ).get("Messages", [])
        if not some:
            return messages
        for message in some:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        messages += some


@pytest.fixture
def queue_server(make_server, moto):
    """A server in the account that moto serves queues of."""
    sqs = queues(moto)
    account = made_queue(sqs, "probe")[1].split(":")[4]
    server = make_server(options=moto.upstream("sqs")).start()
    return server, server.client("sns", Credentials(account, "test")), sqs


def test_queues_get_envelopes_or_bare_messages(queue_server):
    server, sns, sqs = queue_server
    topic = sns.create_topic(Name="queued")["TopicArn"]
    (enveloped, enveloped_arn), (bare, bare_arn) = made_queue(sqs, "enveloped"), made_queue(sqs, "bare")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=enveloped_arn)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=bare_arn, Attributes={"RawMessageDelivery": "true"})
    attributes = {
        "color": {"DataType": "String", "StringValue": "red"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    sns.publish(TopicArn=topic, Message="m", MessageAttributes=attributes)
    server.move_clock(advance="1s")
    (message,) = received(sqs, enveloped)
    envelope = json.loads(message["Body"])
    assert envelope["Message"] == "m" and "MessageAttributes" not in message
    assert envelope["MessageAttributes"]["bytes"] == {"Type": "Binary", "Value": "AAE="}
    verify(envelope)
    (message,) = received(sqs, bare)
    assert message["Body"] == "m"
    assert message["MessageAttributes"]["color"] == {"DataType": "String", "StringValue": "red"}
    assert message["MessageAttributes"]["bytes"]["BinaryValue"] == b"\x00\x01"


def test_a_queue_that_is_gone_leaves_its_messages_to_the_dead_letter_queue(queue_server):
    server, sns, sqs = queue_server
    topic = sns.create_topic(Name="dead")["TopicArn"]
    (gone, gone_arn), (dead, dead_arn) = made_queue(sqs, "gone"), made_queue(sqs, "dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn})
    raw = {"RawMessageDelivery": "true", "RedrivePolicy": redrive}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=gone_arn, Attributes=raw)
    sqs.delete_queue(QueueUrl=gone)
    color = {"color": {"DataType": "String", "StringValue": "red"}}
    sns.publish(TopicArn=topic, Message="m", MessageAttributes=color)
    server.move_clock(advance="1s")
    (message,) = received(sqs, dead)
    assert message["Body"] == "m"
    assert message["MessageAttributes"]["color"]["StringValue"] == "red"


def test_an_endpoint_that_gives_up_leaves_the_envelope_to_the_dead_letter_queue(queue_server, make_receiver):
    server, sns, sqs = queue_server
    status = {"now": 200}
    receiver = make_receiver(answer=lambda request: status["now"])
    topic = sns.create_topic(Name="exhausted")["TopicArn"]
    dead, dead_arn = made_queue(sqs, "exhausted")
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn})}
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url, Attributes=redrive)
    receiver.confirm("/")
    status["now"] = 500
    sns.publish(TopicArn=topic, Message="m")
    server.move_clock(advance="59s")
    assert received(sqs, dead) == []
    server.move_clock(advance="1s")
    (message,) = received(sqs, dead)
    assert message["Body"].encode() == receiver.notifications(4)[3].body


def test_fifo_topics_keep_order_and_send_no_signature(queue_server):
    server, sns, sqs = queue_server
    topic = sns.create_topic(Name="ordered.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    url, arn = made_queue(sqs, "ordered.fifo", FifoQueue="true")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    for number in range(12):
        sns.publish(
            TopicArn=topic, Message=str(number), MessageGroupId="g", MessageDeduplicationId=f"d{number}"
        )
    server.move_clock(advance="1s")
    messages = received(sqs, url)
    envelopes = [json.loads(message["Body"]) for message in messages]
    assert [envelope["Message"] for envelope in envelopes] == [str(number) for number in range(12)]
    numbers = [envelope["SequenceNumber"] for envelope in envelopes]
    assert numbers == sorted(numbers)
    assert not {"Signature", "SignatureVersion", "SigningCertURL"} & set(envelopes[0])
    assert {message["Attributes"]["MessageGroupId"] for message in messages} == {"g"}


def test_functions_are_invoked_with_an_event(make_server, make_receiver):
    upstream = make_receiver()
    server = make_server(options=("--upstream", f"lambda={upstream.url}")).start()
    sns = server.client("sns")
    topic = sns.create_topic(Name="functions", Attributes={"SignatureVersion": "2"})["TopicArn"]
    function = f"arn:aws:lambda:{HOME_REGION}:{SERVER_ACCOUNT}:function:f:live"
    subscription = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"]
    sns.publish(TopicArn=topic, Message="m")
    (request,) = upstream.inbox.wait_for(lambda request: True)
    assert urllib.parse.unquote(request.path) == f"/2015-03-31/functions/{function}/invocations"
    assert request.headers["x-amz-invocation-type"] == "Event"
    assert f"/{HOME_REGION}/lambda/aws4_request" in request.headers["authorization"]
    (record,) = request.json()["Records"]
    assert record["EventSubscriptionArn"] == subscription
    assert record["Sns"]["Message"] == "m" and record["Sns"]["Subject"] is None
    assert record["Sns"]["SignatureVersion"] == "1"
    assert "UnsubscribeUrl" in record["Sns"] and "SigningCertUrl" in record["Sns"]


def test_phones_are_reached_through_the_gateway(make_server, make_receiver):
    gateway = make_receiver()
    url = gateway.url.replace("http://", "http://user:secret@")
    server = make_server(options=("--sms-gateway", f"{url}/sms?account=1")).start()
    sns = server.client("sns")
    topic = sns.create_topic(Name="phones")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15550100")
    texts = json.dumps({"default": "long", "sms": "short"})
    sns.publish(TopicArn=topic, Message=texts, MessageStructure="json", Subject="s")
    sns.publish(PhoneNumber="+15550101", Message="direct")
    both = gateway.inbox.wait_for(lambda request: True, 2)
    assert {request.path for request in both} == {"/sms?account=1"}
    assert both[0].headers["authorization"] == "Basic " + base64.b64encode(b"user:secret").decode()
    sent = sorted((request.json()["PhoneNumber"], request.json()["Message"]) for request in both)
    assert sent == [("+15550100", "short"), ("+15550101", "direct")]
