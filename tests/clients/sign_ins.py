"""Signing in at the server's own page, and the codes of virtual MFA devices."""

import base64
import hashlib
import hmac
import json
import struct
import urllib.error
import urllib.request
from datetime import datetime

from harness import Credentials

PATH = "/_trailwatch/signin"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"
PASSWORD = "Correct-Horse-1"
# What AWS's console calls the device of a root.
ROOT_DEVICE = "root-account-mfa-device"


def attempt(server, account, user=None, password=PASSWORD, host=None, **more):
    """Status and answer of one attempt."""
    asked = {"account": account, "password": password, **more}
    if user is not None:
        asked["user"] = user
    headers = {"content-type": "application/json", "user-agent": BROWSER}
    if host:
        headers["host"] = host
    request = urllib.request.Request(f"{server.url}{PATH}", json.dumps(asked).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def sign_in(server, account, user=None, **how):
    """The credentials of a session that must begin."""
    status, answer = attempt(server, account, user, **how)
    assert status == 200, answer
    given = answer["credentials"]
    return Credentials(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])


def step(server):
    """The step that the server's time falls in."""
    return int(datetime.fromisoformat(server.now()).timestamp()) // 30


def code(seed, at):
    """The code of a step (RFC 6238)."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">q", at), hashlib.sha1).digest()
    offset = digest[-1] & 0xF
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def enable_mfa(server, iam, user, name):
    """Gives a user, or root, a device; its serial number and its seed. Codes are good from the next step on."""
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    seed, now = made["Base32StringSeed"], step(server)
    iam.enable_mfa_device(
        UserName=user,
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1=code(seed, now - 1),
        AuthenticationCode2=code(seed, now),
    )
    return made["SerialNumber"], seed
