"""Requests below the SDK: signed by botocore's signer, sent byte for byte.

For what no SDK would send: other protocols, broken bodies, wrong dates, missing parts.
"""

import contextlib
import datetime
import http.client
import json
import re
import ssl
import urllib.parse
from dataclasses import dataclass
from unittest import mock

import botocore.auth
import botocore.credentials
import cbor2
from botocore.awsrequest import AWSRequest

from harness import HOME_REGION, SERVER_ROOT

VERSION = {"iam": "2010-05-08", "sts": "2011-06-15", "monitoring": "2010-08-01"}
CLOUDTRAIL_TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"


@dataclass
class Request:
    """One request that can still be changed before it is sent."""

    service: str
    method: str
    path: str
    headers: dict
    body: bytes

    def signed(self, server, credentials=SERVER_ROOT, region=HOME_REGION, service=None, at=None, hashed_body=None):
        """Adds SigV4 headers; `at` signs as if it were then; `hashed_body` signs another body."""
        request = AWSRequest(self.method, server.url + self.path, dict(self.headers), hashed_body or self.body)
        signer = botocore.auth.SigV4Auth(_botocore(credentials), service or self.service, region)
        with _clock(at):
            signer.add_auth(request)
        self.headers = dict(request.headers.items())
        return self

    def presigned(self, server, credentials=SERVER_ROOT, region=HOME_REGION, seconds=300, at=None):
        """Moves the signature into the query string."""
        request = AWSRequest(self.method, server.url + self.path, dict(self.headers), self.body)
        signer = botocore.auth.SigV4QueryAuth(_botocore(credentials), self.service, region, expires=seconds)
        with _clock(at):
            signer.add_auth(request)
        self.path = request.url[len(server.url) :]
        self.headers = dict(request.headers.items())
        return self

    def send(self, server):
        """Sends the request on a connection of its own."""
        connection = connect(server)
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                # The server may answer before it has everything, as for a body over its limit.
                connection.request(self.method, self.path, body=self.body or None, headers=self.headers)
            return Reply.of(connection.getresponse())
        finally:
            connection.close()


@dataclass
class Reply:
    """An answer, with the error read in whichever form it came."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @staticmethod
    def of(answer):
        return Reply(answer.status, answer.headers, answer.read())

    @property
    def content_type(self):
        return (self.headers.get("content-type") or "").split(";")[0]

    @property
    def data(self):
        """The body of a JSON or CBOR answer."""
        return cbor2.loads(self.body) if self.content_type == "application/cbor" else json.loads(self.body)

    @property
    def code(self):
        """The error's name: `Code` in XML, `__type` without its namespace otherwise."""
        if self.content_type == "text/xml":
            return _between(self.body, "Code")
        return self.data["__type"].split("#")[-1]

    @property
    def message(self):
        """The error's text."""
        if self.content_type == "text/xml":
            return _between(self.body, "Message")
        data = self.data
        return data.get("message", data.get("Message"))

    @property
    def request_id(self):
        return self.headers.get("x-amzn-requestid")


def connect(server):
    """A bare connection to the server."""
    address = urllib.parse.urlsplit(server.url)
    if address.scheme == "https":
        context = ssl.create_default_context(cafile=server.ca)
        return http.client.HTTPSConnection(address.hostname, address.port, timeout=60, context=context)
    return http.client.HTTPConnection(address.hostname, address.port, timeout=60)


def query(service, action, version=None, **parameters):
    """A form request, such as IAM's."""
    form = {"Action": action, "Version": version or VERSION[service], **parameters}
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Request(service, "POST", "/", headers, urllib.parse.urlencode(form).encode())


def query_get(service, action, **parameters):
    """A form request in the address."""
    form = {"Action": action, "Version": VERSION[service], **parameters}
    return Request(service, "GET", "/?" + urllib.parse.urlencode(form), {}, b"")


def json_call(service, target, body, version="1.1"):
    """An AWS JSON request; `body` is a value, or bytes sent as they are."""
    headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": target}
    return Request(service, "POST", "/", headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def lookup_events(body, target=CLOUDTRAIL_TARGET):
    """A LookupEvents request in JSON."""
    return json_call("cloudtrail", f"{target}.LookupEvents", body)


def cbor_call(operation, body, service_name="GraniteServiceVersion20100801"):
    """An RPC-v2 CBOR request to CloudWatch; `body` is a value, or bytes sent as they are."""
    headers = {"Content-Type": "application/cbor", "Accept": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    path = f"/service/{service_name}/operation/{operation}"
    return Request("monitoring", "POST", path, headers, body if isinstance(body, bytes) else cbor2.dumps(body))


def minutes_ago(minutes):
    """A time to sign at."""
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - datetime.timedelta(minutes=minutes)


def _botocore(credentials):
    return botocore.credentials.Credentials(credentials.key, credentials.secret, credentials.token)


def _clock(at):
    if at is None:
        at = minutes_ago(0)
    return mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: at)


def _between(body, tag):
    found = re.search(rf"<{tag}>(.*?)</{tag}>", body.decode(), re.DOTALL)
    return found and found.group(1)
