"""Servers and accounts for the tests.

Most tests share one server and each has an account of its own, so that they do not see
each other. Tests that end a server, damage its data or move its clock far start their own.
"""

import itertools
import shutil
from types import SimpleNamespace

import pytest

from callees import Callees
from harness import MEBIBYTE, Credentials, Server
from receivers import HttpReceiver, MailServer, Moto

ACCOUNTS = itertools.count(200000000001)

# Folders that last as long as all tests.
SHARED_FOLDERS = ("shared", "narrow")
# The paths of modules with a test that failed, and the folders that they left.
FAILED_MODULES = pytest.StashKey()
KEPT_FOLDERS = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Notes the modules with tests that failed."""
    report = yield
    if report.failed:
        item.config.stash.setdefault(FAILED_MODULES, set()).add(item.path)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    """Removes what the tests of a module left on the disk once it is over, unless one of them failed.

    Each server has some 70 MB, and there are hundreds: kept to the end, they fill small disks.
    """
    result = yield
    if nextitem is None or nextitem.path != item.path:
        stash = item.config.stash
        kept = stash.setdefault(KEPT_FOLDERS, set())
        folders = [
            folder
            for folder in item.config._tmp_path_factory.getbasetemp().iterdir()  # noqa: SLF001
            if folder.name not in kept and not folder.name.startswith(SHARED_FOLDERS)
        ]
        if item.path in stash.get(FAILED_MODULES, ()):
            kept.update(folder.name for folder in folders)
        else:
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)
    return result


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The shared server: simulated clock, no limit on look-ups."""
    shared = Server(tmp_path_factory.mktemp("shared") / "data").start()
    yield shared
    died = not shared.running()
    shared.end()
    assert not died, f"the server ended with {shared.process.returncode}:\n{shared.stderr}"


@pytest.fixture(scope="session")
def narrow(tmp_path_factory):
    """A shared server that takes bodies of a mebibyte at most."""
    options = ("--max-body-bytes", str(MEBIBYTE))
    shared = Server(tmp_path_factory.mktemp("narrow") / "data", options=options).start()
    yield shared
    died = not shared.running()
    shared.end()
    assert not died, f"the server ended with {shared.process.returncode}:\n{shared.stderr}"


@pytest.fixture
def the_server_serves_on(server, root):
    """Whatever a test sent, the next well-formed call is answered."""
    yield
    assert server.client("sts", root).get_caller_identity()["Account"] == root.key


@pytest.fixture
def make_server(tmp_path):
    """Makes servers that are not started yet; ends them after the test."""
    made = []

    def make(name="data", **settings):
        one = Server(tmp_path / name, **settings)
        made.append(one)
        return one

    yield make
    for one in made:
        one.end()


@pytest.fixture
def root():
    """Root credentials of an account that nobody used before."""
    return Credentials(str(next(ACCOUNTS)), "test")


@pytest.fixture
def other_root():
    """Root credentials of a second unused account."""
    return Credentials(str(next(ACCOUNTS)), "test")


@pytest.fixture
def people(server, root):
    """Makes IAM users, each with an access key, in the test's account."""
    iam = server.client("iam", root)

    def make(name, policy=None, **more):
        iam.create_user(UserName=name, **more)
        if policy is not None:
            iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy)
        return Credentials.of(iam.create_access_key(UserName=name)["AccessKey"])

    return SimpleNamespace(make=make, iam=iam, account=root.key)


@pytest.fixture
def callees():
    """An upstream whose functions and automations can be called, and what it was called with; ends after the test."""
    made = Callees()
    yield made
    made.close()


@pytest.fixture
def make_receiver():
    """Makes HTTP endpoints; closes them after the test."""
    made = []

    def make(**settings):
        made.append(HttpReceiver(**settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def make_mail_server():
    """Makes mail servers; closes them after the test."""
    made = []

    def make(**settings):
        made.append(MailServer(**settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def moto(tmp_path):
    """AWS as moto serves it, fresh for the test."""
    one = Moto(tmp_path)
    yield one
    one.close()
