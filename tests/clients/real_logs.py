"""Log lines like those of real systems: real lines over and over, with fresh ids, addresses and times of day.

The real ones lie beside the project (`BENCH_LOGHUB` names another folder). Without them a few lines that are kept
here serve, so that tests that need many lines run anywhere.
"""

import functools
import os
import pathlib
import random
import re

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "shared" / "data" / "loghub"

KEPT_HERE = {
    "web": """
[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties
[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6
203.0.113.9 - alice [04/Dec/2005:04:51:08 +0000] "GET /cart/38101 HTTP/1.1" 500 5120 "-" "curl/8.5.0"
""",
    "ssh": """
Dec 10 06:55:46 host sshd[24200]: reverse mapping for example.com [203.0.113.31] failed - POSSIBLE BREAK-IN ATTEMPT!
Dec 10 06:55:46 host sshd[24200]: Invalid user webmaster from 203.0.113.31
Dec 10 06:55:48 host sshd[24200]: Failed password for invalid user webmaster from 203.0.113.31 port 38926 ssh2
Dec 10 09:32:20 host sshd[24680]: Accepted password for bob from 198.51.100.4 port 49116 ssh2
""",
    "store": """
081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_38865049064139660 terminating
081109 214043 2561 WARN dfs.DataNode$DataXceiver: 10.251.43.115:50010:Got exception while serving blk_3888635850409849568
2015-10-18 18:06:26,140 ERROR [ContainerLauncher #7] org.example.Launcher: Container launch failed for container_07
2015-07-29 17:41:44,747 - WARN  [SendWorker:188978561024] - Connection broken for id 188978561024, my id = 1, error =
""",
}

WORD = re.compile(r"[A-Za-z0-9:.]+")
TIME = re.compile(r"\d\d:\d\d:\d\d")
ADDRESS = re.compile(r"(\d{1,3}\.){3}\d{1,3}")
HEX = re.compile(r"(?=.*\d)[0-9A-Fa-f]{8,}")


class RealLogs:
    """Makes lines; the same ones for the same seed."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._systems = _systems()
        self._next = dict.fromkeys(self._systems, 0)

    @property
    def systems(self):
        """The names of the systems."""
        return list(self._systems)

    def line(self, system, second_of_day):
        """The system's next line, at this second of its day."""
        lines = self._systems[system]
        at = self._next[system]
        self._next[system] = (at + 1) % len(lines)
        return "".join(part if type(part) is str else part(self._random, second_of_day) for part in lines[at])


@functools.cache
def _systems():
    folder = pathlib.Path(os.environ.get("BENCH_LOGHUB", FOLDER))
    texts = {path.stem: path.read_text(errors="replace") for path in sorted(folder.glob("*.log"))} or KEPT_HERE
    found = {name: [line.strip("\r") for line in text.split("\n")] for name, text in texts.items()}
    return {name: [_parts(line) for line in lines if line.strip()] for name, lines in found.items()}


def _parts(line):
    """What stays of a line as text, and functions that make what is unique in it anew."""
    parts, end = [""], 0
    for found in WORD.finditer(line):
        word = found.group().rstrip(":.")
        fresh = _fresh(word)
        if fresh:
            parts[-1] += line[end : found.start()]
            end = found.start() + len(word)
            parts += [fresh, ""]
    parts[-1] += line[end:]
    return parts


def _fresh(word):
    if TIME.fullmatch(word):
        return lambda _, second: f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    if ADDRESS.fullmatch(word):
        return lambda fresh, _: f"10.{fresh.randrange(16)}.{fresh.randrange(16)}.{fresh.randrange(250)}"
    if word.isdigit() and 5 <= len(word) <= 19:
        # The first digits of a number say how large it is, and change the least.
        start, width = word[:2], len(word) - 2
        return lambda fresh, _: f"{start}{fresh.randrange(10**width):0{width}}"
    if HEX.fullmatch(word):
        width = len(word)
        return lambda fresh, _: f"{fresh.getrandbits(4 * width):0{width}x}"
    return None
