"""S3 by the AWS CLI: mb, cp, sync, ls, presign, rm, rb."""

import os
import urllib.request

import pytest

from buckets import bucket_name
from harness import MEBIBYTE

FILES = {
    "a.txt": b"a",
    "empty": b"",
    "dir/b c+d.bin": os.urandom(70_000),
    "dir/üñí 文字.txt": "text".encode(),
    "dir/deep/er/big": os.urandom(9 * MEBIBYTE),
}


@pytest.fixture
def folder(tmp_path):
    for name, body in FILES.items():
        path = tmp_path / "up" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return tmp_path


def cli(server, root, *arguments):
    done = server.cli("s3", *arguments, credentials=root)
    assert done.returncode == 0, f"aws s3 {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_goes_up_and_comes_down_as_it_was(server, root, folder):
    bucket = f"s3://{bucket_name()}"
    assert cli(server, root, "mb", bucket).startswith("make_bucket")
    up, down = folder / "up", folder / "down"
    cli(server, root, "sync", str(up), f"{bucket}/x")
    listed = cli(server, root, "ls", "--recursive", bucket)
    assert [line.split(None, 3)[3] for line in listed.splitlines()] == sorted(
        (f"x/{name}" for name in FILES), key=str.encode
    )
    assert "PRE dir/" in cli(server, root, "ls", f"{bucket}/x/")
    cli(server, root, "sync", f"{bucket}/x", str(down))
    assert files_in(down) == FILES
    # What is the same already is not sent again, and what is gone goes.
    # (The server's clock is not the machine's, which wrote the files.)
    assert cli(server, root, "sync", "--size-only", str(up), f"{bucket}/x") == ""
    (up / "a.txt").unlink()
    assert "delete:" in cli(server, root, "sync", "--size-only", "--delete", str(up), f"{bucket}/x")
    cli(server, root, "cp", "--recursive", f"{bucket}/x/dir", f"{bucket}/y")
    cli(server, root, "cp", f"{bucket}/y/deep/er/big", str(folder / "one"))
    assert (folder / "one").read_bytes() == FILES["dir/deep/er/big"]
    cli(server, root, "mv", f"{bucket}/x/empty", f"{bucket}/z")
    url = cli(server, root, "presign", f"{bucket}/y/b c+d.bin").strip()
    with urllib.request.urlopen(url, timeout=60) as answer:
        assert answer.read() == FILES["dir/b c+d.bin"]
    cli(server, root, "rm", "--recursive", bucket)
    assert cli(server, root, "ls", "--recursive", bucket) == ""
    cli(server, root, "rb", bucket)
    assert cli(server, root, "ls") == ""


def test_what_is_streamed_into_an_object_comes_out_of_it(server, root, folder):
    bucket = f"s3://{bucket_name()}"
    cli(server, root, "mb", bucket)
    cli(server, root, "cp", str(folder / "up" / "a.txt"), f"{bucket}/k")
    assert cli(server, root, "cp", f"{bucket}/k", "-") == "a"
    cli(server, root, "rb", "--force", bucket)
