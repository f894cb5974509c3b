"""Long bodies through the gateway: byte for byte, in memory that does not grow with them.

`TRAILWATCH_LARGE_BYTES` sets how long the files are, 256 MiB unless said.
"""

import hashlib
import os
import pathlib
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway_raw import signed
from gateway_world import GatewayWorld
from harness import MEBIBYTE, Credentials, Server
from scripted_upstream import Conversation, ScriptedUpstream

FILE_BYTES = int(os.environ.get("TRAILWATCH_LARGE_BYTES", 256 * MEBIBYTE))
MEMORY_BYTES_MAX = 300 * MEBIBYTE
ROOT = Credentials("210000000063", "test")

STREAMS = 200
STREAM_BYTES = 4 * MEBIBYTE
# Below it `aws s3 cp` puts a file with one call; above it, in parts of 8 MiB.
ONE_CALL = "[default]\ns3 =\n  multipart_threshold = 5GB\n  addressing_style = path\n"
IN_PARTS = "[default]\ns3 =\n  multipart_threshold = 8MB\n  addressing_style = path\n"


def memory_bytes_max(server):
    """The most memory that the server ever had."""
    lines = pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024


def digest_of(path):
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.parametrize("way, config", [("one-call", ONE_CALL), ("parts", IN_PARTS)], ids=["one-call", "parts"])
def test_a_large_file_passes_both_ways_in_little_memory(tmp_path, way, config):
    world = GatewayWorld(tmp_path, ROOT.key)
    try:
        settings = tmp_path / "config"
        settings.write_text(config)
        environment = {"AWS_CONFIG_FILE": str(settings)}
        there, back = tmp_path / "there", tmp_path / "back"
        pieces = random.Random(7)
        with there.open("wb") as file:
            for _ in range(FILE_BYTES // MEBIBYTE):
                file.write(pieces.randbytes(MEBIBYTE))
        world.client("s3").create_bucket(Bucket="large")

        def copy(source, target):
            done = world.server.cli(
                "s3", "cp", "--no-progress", str(source), str(target),
                credentials=world.root, environment=environment, timeout_seconds=1800,
            )
            assert done.returncode == 0, done.stderr

        copy(there, f"s3://large/{way}")
        length = world.client("s3").head_object(Bucket="large", Key=way)["ContentLength"]
        assert length == FILE_BYTES
        expected = digest_of(there)
        there.unlink()
        copy(f"s3://large/{way}", back)
        assert digest_of(back) == expected
        back.unlink()
        assert (used := memory_bytes_max(world.server)) < MEMORY_BYTES_MAX
        print(f"{way}: {FILE_BYTES >> 20} MiB passed both ways with {used >> 20} MiB at most")
    finally:
        world.end()


@pytest.fixture
def slow():
    """An upstream that answers to nobody before all have begun."""
    one = ScriptedUpstream()
    yield one
    one.close()


def test_many_streams_at_once_take_little_memory(make_server, slow):
    server = make_server(options=("--upstream", f"s3={slow.url}")).start()
    all_here = threading.Barrier(STREAMS)
    piece = bytes(MEBIBYTE // 16)

    def script(exchange):
        # Nothing of a body is read, and nothing of an answer sent, before there are all streams.
        all_here.wait(120)
        if exchange.method == "PUT":
            body = exchange.body()
            exchange.answer(body=b"")
            return len(body)
        exchange.send(f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {STREAM_BYTES}\r\n\r\n".encode())
        for _ in range(STREAM_BYTES // len(piece)):
            exchange.send(piece)
        return STREAM_BYTES

    slow.play(script)
    body = bytes(STREAM_BYTES)

    def stream(at):
        method, sent = ("PUT", body) if at % 2 else ("GET", b"")
        conversation = Conversation(server)
        conversation.connection.settimeout(120)
        answer = conversation.send(signed(ROOT, "s3", method, f"/b/{at}", body=sent)).answer(method)
        length = len(answer.read())
        conversation.connection.close()
        return answer.status, length

    with ThreadPoolExecutor(STREAMS) as callers:
        answers = list(callers.map(stream, range(STREAMS)))
    assert answers == [(200, 0 if at % 2 else STREAM_BYTES) for at in range(STREAMS)]
    assert slow.given == [STREAM_BYTES] * STREAMS
    assert (used := memory_bytes_max(server)) < MEMORY_BYTES_MAX
    print(f"{STREAMS} streams passed with {used >> 20} MiB at most")
