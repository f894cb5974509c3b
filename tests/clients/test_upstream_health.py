"""Upstreams that do not answer: how clients, the health page and the metrics are told."""

import json
import socket
import threading

import pytest
from botocore.exceptions import ClientError

from observe import failure


@pytest.fixture
def broken():
    """An upstream that closes every connection until it is mended, and counts them."""
    listener = socket.create_server(("127.0.0.1", 0))

    class Upstream:
        url = f"http://AK:hidden@127.0.0.1:{listener.getsockname()[1]}"
        connections = 0

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            Upstream.connections += 1
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield Upstream
    listener.close()


def refusal(ec2):
    with pytest.raises(ClientError) as raised:
        ec2.describe_instances()
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    return raised.value.response["Error"]["Message"]


def health(own):
    status, text = own.page("/_trailwatch/health")
    assert status == 200
    return json.loads(text)


def test_an_upstream_that_fails_five_times_is_left_in_peace(make_server, broken):
    own = make_server(options=("--upstream", f"ec2={broken.url}")).start()
    [before] = health(own)["upstreams"]
    assert (before["service"], before["state"], before["calls"]) == ("ec2", "closed", 0)
    ec2 = own.client("ec2")
    said = [refusal(ec2) for _ in range(12)]
    sent = [one for one in said if "If the call was sent, it may have been carried out" in one]
    assert said[:5] == sent[:5]
    assert broken.connections == len(sent) < len(said)
    [resting, *_] = [one for one in said if one not in sent]
    assert "was not called: it is left in peace for" in resting
    assert "failures in a row, the last of them: the connection failed" in resting


def test_the_health_page_and_the_metrics_tell_of_it_without_credentials(make_server, broken):
    own = make_server(options=("--upstream", f"ec2={broken.url}")).start()
    ec2 = own.client("ec2")
    for _ in range(5):
        refusal(ec2)
    page = health(own)
    [upstream] = page["upstreams"]
    assert page["status"] == "ok"
    assert (upstream["state"], upstream["calls"], upstream["failures"]) == ("open", 5, 5)
    assert upstream["lastError"].startswith("the connection failed")
    assert upstream["address"] == broken.url.replace("AK:hidden@", "") + "/"
    assert "hidden" not in json.dumps(page)
    lines = own.page("/_trailwatch/metrics")[1].splitlines()
    assert 'trailwatch_upstream_calls_total{upstream="ec2"} 5' in lines
    assert 'trailwatch_upstream_failures_total{upstream="ec2"} 5' in lines
    assert 'trailwatch_upstream_open{upstream="ec2"} 1' in lines


@pytest.mark.parametrize(
    "upstream, said",
    [
        ("ec2=https://h#roots=/no/such/ca.pem", "cannot read certificates from /no/such/ca.pem"),
        ("ec2=https://a:hidden@h#style=host", "style= of an upstream is for S3 alone"),
        ("sts=https://a:hidden@h", "IAM and STS cannot be sent to an upstream"),
    ],
)
def test_an_upstream_that_cannot_be_used_is_a_clear_error(make_server, upstream, said):
    assert said in failure(make_server(options=("--upstream", upstream)))
