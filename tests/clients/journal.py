"""A systemd journal of the test's own: `systemd-journal-remote` writes what it is given into a real journal file."""

import itertools
import shutil
import struct
import subprocess
import time
import uuid

WRITE_SECONDS_MAX = 60
PROGRAM = "systemd-journal-remote"


class Journal:
    """A folder with a journal that grows."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self._program = shutil.which(PROGRAM, path="/lib/systemd:/usr/lib/systemd")
        assert self._program, f"{PROGRAM} is missing: `make test` installs it"
        self._microseconds = itertools.count(time.time_ns() // 1000)
        self._monotonic = itertools.count(1)
        self.boot()

    def boot(self):
        """The machine starts anew: entries are of another boot from here on."""
        self._boot = uuid.uuid4().hex

    def log(self, *messages, **fields):
        """Appends an entry for each message; gives their times in milliseconds."""
        times = [next(self._microseconds) for _ in messages]
        entries = [self._entry(time, message, fields) for time, message in zip(times, messages)]
        done = subprocess.run(
            [self._program, "-o", str(self.folder / "machine.journal"), "-"],
            input=b"".join(entries),
            capture_output=True,
            timeout=WRITE_SECONDS_MAX,
        )
        assert done.returncode == 0, done.stderr
        return [time // 1000 for time in times]

    def _entry(self, microseconds, message, fields):
        text = message if isinstance(message, bytes) else message.encode()
        head = {
            "__REALTIME_TIMESTAMP": microseconds,
            "__MONOTONIC_TIMESTAMP": next(self._monotonic),
            "_BOOT_ID": self._boot,
            **fields,
        }
        lines = "".join(f"{name}={value}\n" for name, value in head.items())
        return lines.encode() + b"MESSAGE\n" + struct.pack("<Q", len(text)) + text + b"\n\n"
