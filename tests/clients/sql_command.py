"""`trailwatch sql` as a program."""

import json
import os
import subprocess

from harness import HOME_REGION, binary


def run(server, credentials, *arguments, stdin=None):
    """Runs `trailwatch sql …` against a server for a caller; gives the finished process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TRAILWATCH_"))}
    if credentials:
        kept.update(AWS_ACCESS_KEY_ID=credentials.key, AWS_SECRET_ACCESS_KEY=credentials.secret)
    if server:
        kept.update(AWS_ENDPOINT_URL=server.url, AWS_REGION=HOME_REGION)
    return subprocess.run(
        [binary(), "sql", *arguments], env=kept, input=stdin, capture_output=True, text=True, timeout=120
    )


def rows(server, credentials, sql, *arguments):
    """The rows of a statement, which must succeed, as objects."""
    done = run(server, credentials, sql, "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
