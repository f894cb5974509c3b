"""Which hosts have a package below a version: asked by SQL, and by `aws ssm get-inventory`."""

import itertools
import shutil
import subprocess

import pytest

from harness import Server
from inventory import INVENTORY, host, item, start_recorder
from sql_command import rows


def deb(version):
    """What a package of dpkg says of itself."""
    return {"Version": version, "PackageId": f"acme_{version}_amd64.deb"}


def rpm(version, release, epoch=""):
    """What a package of rpm says of itself."""
    return {"Version": version, "Release": release, "Epoch": epoch, "PackageId": "acme.src.rpm"}


def of(kind, version):
    """What a package of `pip`, `npm` or anything else says of itself."""
    return {"Version": version, "ApplicationType": kind}


# What is installed, what is asked for, and how the first stands to the second.
PACKAGES = [
    (deb("1.10"), "1.9", 1),
    (deb("1.9"), "1.10", -1),
    (deb("1:1.0"), "2.0", 1),
    (deb("2.0"), "1:1.0", -1),
    (deb("1.0~rc1"), "1.0", -1),
    (deb("1.0"), "1.0~rc1", 1),
    (deb("1.0-0"), "1.0", 0),
    (deb("3.0.15-1~deb12u1"), "3.0.15-1", -1),
    (rpm("3.0.10", "1.el9"), "3.0.9", 1),
    (rpm("3.0.7", "27.el9", "1"), "3.0.8", -1),
    (rpm("1.0~rc1", "1"), "1.0", -1),
    (rpm("1.0^git1", "1"), "1.0", 1),
    (of("pip", "1.0rc1"), "1.0", -1),
    (of("pip", "1.0.post1"), "1.0", 1),
    (of("pip", "1!0.1"), "2023.1", 1),
    (of("npm", "1.0.0-rc.10"), "1.0.0-rc.9", 1),
    (of("npm", "1.0.0-rc.1"), "1.0.0", -1),
    (of("Windows", "10.0.9.1"), "10.0.10.0", -1),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A server whose recorder runs, and to which hosts told what they have: each one of the packages, as `acme`."""
    one = Server(tmp_path_factory.mktemp("inventory") / "data").start()
    start_recorder(one)
    for number, (package, _, _) in enumerate(PACKAGES):
        # Another package of the host is below all that is asked for, and another above it.
        others = [{"Name": "low", **package, "Version": "0"}, {"Name": "high", **package, "Version": "9999"}]
        put(one, host(number), [{"Name": "acme", **package}, *others])
    one.move_clock(advance="61s")
    yield one
    died = not one.running()
    one.end()
    assert not died, one.stderr


def put(server, instance, packages):
    """Tells what a host has."""
    server.client("ssm").put_inventory(InstanceId=instance, Items=[item("AWS:Application", packages)])


def sql(server, statement):
    """The rows of a statement, without the names of columns."""
    return [tuple(row.values()) for row in rows(server, None, statement, "--dev")]


def in_inventory(server, asked, operator):
    """The hosts with an `acme` that stands so to a version."""
    found = server.cli_json(
        "ssm", "get-inventory", "--filters",
        "Key=AWS:Application.Name,Values=acme,Type=Equal",
        f"Key=AWS:Application.Version,Values={asked},Type={operator}",
    )  # fmt: skip
    return {entity["Id"] for entity in found["Entities"]}


def test_sql_orders_versions_as_whoever_manages_the_package_does(told):
    pairs = ", ".join(f"('{host(number)}', '{asked}')" for number, (_, asked, _) in enumerate(PACKAGES))
    statement = (
        f"SELECT i.instance_id, version_compare(version, asked, scheme) FROM inventory i"
        f" JOIN (VALUES {pairs}) AS a(instance_id, asked) ON a.instance_id = i.instance_id"
        f" WHERE name = 'acme' ORDER BY 1"
    )
    expected = [(host(number), order) for number, (_, _, order) in enumerate(PACKAGES)]
    assert sql(told, statement) == expected


@pytest.mark.parametrize("number", range(len(PACKAGES)))
def test_get_inventory_orders_them_alike(told, number):
    package, asked, order = PACKAGES[number]
    below, above = (host(number) in in_inventory(told, asked, how) for how in ("LessThan", "GreaterThan"))
    assert (below, above) == (order < 0, order > 0), package


def test_both_ways_find_the_same_hosts(told):
    for asked in ("1.0", "1.10", "3.0.9", "9"):
        condition = f"name = 'acme' AND version_compare(version, '{asked}', scheme) < 0"
        found = {instance for (instance,) in sql(told, f"SELECT instance_id FROM inventory WHERE {condition}")}
        assert found == in_inventory(told, asked, "LessThan")
        assert 0 < len(found) < len(PACKAGES)


def test_a_release_is_asked_for_with_the_full_version(told):
    condition = "name = 'acme' AND scheme = 'rpm' AND version_compare(full_version, '1:3.0.7-28.el9', 'rpm')"
    installed = [host(number) for number, (package, _, _) in enumerate(PACKAGES) if "Epoch" in package]
    by_sql = sql(told, f"SELECT instance_id, full_version FROM inventory WHERE {condition} < 0 AND full_version LIKE '1:%'")
    assert by_sql == [(installed[1], "1:3.0.7-27.el9")]
    assert installed[1] in in_inventory(told, "3.0.7-28.el9", "LessThan")
    assert installed[1] not in in_inventory(told, "3.0.7-27.el9", "LessThan")


def test_dpkg_orders_the_versions_of_this_machine_alike(told):
    if not shutil.which("dpkg-query"):
        pytest.skip("this machine has no dpkg")
    command = ["dpkg-query", "-W", "-f=${Version}\n"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    versions = sorted(set(listed.split()))[::2][:120]
    pairs = list(itertools.pairwise(versions))
    values = ", ".join(f"({number}, '{a}', '{b}')" for number, (a, b) in enumerate(pairs))
    found = sql(told, f"SELECT version_compare(a, b) FROM (VALUES {values}) AS v(n, a, b) ORDER BY n")
    for (a, b), (order,) in zip(pairs, found, strict=True):
        how = {-1: "lt", 0: "eq", 1: "gt"}[order]
        assert subprocess.run(["dpkg", "--compare-versions", a, how, b], check=False).returncode == 0, (a, how, b)


def test_what_was_installed_at_a_time_can_be_asked_for(make_server):
    server = make_server().start()
    start_recorder(server)
    condition = "name = 'openssl' AND version_compare(version, '3.0.15', scheme) < 0"
    for version in ("3.0.9-1", "3.0.15-1"):
        put(server, host(1), [{"Name": "openssl", **deb(version)}, {"Name": "bash", **deb("5.2-1")}])
        server.move_clock(advance="1h")
    first, _ = sorted(taken for (taken,) in sql(server, f"SELECT taken FROM config_items WHERE resource_type = '{INVENTORY}'"))
    vulnerable = f"SELECT instance_id, version FROM inventory_at('{first}') WHERE {condition}"
    assert sql(server, f"SELECT instance_id FROM inventory WHERE {condition}") == []
    assert sql(server, vulnerable) == [(host(1), "3.0.9-1")]
    # A host that is not managed any more is still there, and marked.
    managed = "SELECT DISTINCT instance_id, is_managed FROM inventory"
    assert sql(server, managed) == [(host(1), True)]
    server.client("ssm").deregister_managed_instance(InstanceId=host(1))
    server.move_clock(advance="61s")
    assert sql(server, managed) == [(host(1), False)]
    server.stop()
    offline = [tuple(row.values()) for row in rows(None, None, vulnerable, "--data", str(server.data))]
    assert offline == [(host(1), "3.0.9-1")]
