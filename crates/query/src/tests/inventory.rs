//! `inventory` and `inventory_at(time)`: what items of hosts hold; the order of versions.

use serde_json::{Value, json};

use super::config_items::resource;
use super::*;

const INVENTORY: &str = "AWS::SSM::ManagedInstanceInventory";

/// What a host has, as an item of it says.
fn holding(computer: &str, id: &str, applications: Value) -> Option<Value> {
    let information = json!({"ComputerName": computer, "PlatformName": "Debian GNU/Linux", "PlatformVersion": "12"});
    Some(json!({
        "AWS:InstanceInformation": {"SchemaVersion": "1.0", "Content": {id: information}},
        "AWS:Application": {"SchemaVersion": "1.1", "Content": applications},
        "AWS:Network": {"SchemaVersion": "1.0", "Content": [{"Name": "eth0", "IPV4": "10.0.0.9"}]},
    }))
}

fn deb(name: &str, version: &str) -> Value {
    json!({"Name": name, "Version": version, "ApplicationType": "utils", "Architecture": "x86_64",
           "PackageId": format!("{name}_{version}_amd64.deb")})
}

fn rpm(name: &str, epoch: &str, version: &str, release: &str) -> Value {
    json!({"Name": name, "Version": version, "Release": release, "Epoch": epoch, "PackageId": format!("{name}.src.rpm")})
}

async fn filled() -> World {
    let world = World::new().await;
    let host = |id: &str| resource(MINE, INVENTORY, id);
    let old = holding("db1", "mi-1", json!([deb("openssl", "3.0.9-1"), deb("bash", "5.2-1")]));
    let new = holding("db1", "mi-1", json!([deb("openssl", "3.0.15-1~deb12u1"), deb("bash", "5.2-1")]));
    world.resource(&host("mi-1"), &[(50, old), (10, new)]).await;
    let red = json!([rpm("openssl", "1", "3.0.7", "27.el9"), rpm("bash", "", "5.1.8", "9.el9")]);
    world.resource(&host("mi-2"), &[(40, holding("web1", "mi-2", red))]).await;
    let python = json!([{"Name": "openssl", "Version": "3.0.2rc1", "ApplicationType": "pip"}, {"Name": "no-version"}]);
    world.resource(&host("mi-3"), &[(40, holding("ci", "mi-3", python)), (5, None)]).await;
    let theirs = holding("theirs", "mi-9", json!([deb("openssl", "1.0")]));
    world.resource(&resource(THEIRS, INVENTORY, "mi-9"), &[(40, theirs)]).await;
    // What is like no inventory has no entries.
    world.resource(&host("mi-4"), &[(40, Some(json!({"AWS:Application": "none", "x": {"Content": [7]}})))]).await;
    world.resource(&resource(MINE, "MyOrg::Net::Host", "h1"), &[(40, holding("h1", "h1", json!([])))]).await;
    world
}

const QUESTIONS: [(&str, &[&str]); 10] = [
    (
        "SELECT instance_id, computer_name, type_name, name, version, scheme FROM inventory ORDER BY 1, 3, 4",
        &[
            "mi-1 db1 AWS:Application bash 5.2-1 dpkg",
            "mi-1 db1 AWS:Application openssl 3.0.15-1~deb12u1 dpkg",
            "mi-1 db1 AWS:InstanceInformation null null null",
            "mi-1 db1 AWS:Network eth0 null null",
            "mi-2 web1 AWS:Application bash 5.1.8 rpm",
            "mi-2 web1 AWS:Application openssl 3.0.7 rpm",
            "mi-2 web1 AWS:InstanceInformation null null null",
            "mi-2 web1 AWS:Network eth0 null null",
        ],
    ),
    (
        "SELECT computer_name, version FROM inventory \
         WHERE name = 'openssl' AND version_compare(version, '3.0.10', scheme) < 0",
        &["web1 3.0.7"],
    ),
    (
        "SELECT computer_name FROM inventory_at(now() - INTERVAL '20 hours') \
         WHERE name = 'openssl' AND version_compare(version, '3.0.10', scheme) < 0 ORDER BY 1",
        &["ci", "db1", "web1"],
    ),
    (
        "SELECT scheme FROM inventory_at(now() - INTERVAL '20 hours') WHERE instance_id = 'mi-3' AND version > ''",
        &["pep440"],
    ),
    ("SELECT count(*) FROM inventory_at(now() - INTERVAL '60 hours')", &["0"]),
    (
        "SELECT full_version FROM inventory WHERE name = 'openssl' \
         AND version_compare(full_version, '1:3.0.7-28.el9', 'rpm') < 0 AND scheme = 'rpm'",
        &["1:3.0.7-27.el9"],
    ),
    (
        "SELECT attributes['IPV4'] FROM inventory WHERE type_name = 'AWS:Network' AND instance_id = 'mi-2'",
        &["10.0.0.9"],
    ),
    ("SELECT count(*) FROM inventory WHERE name IN ('openssl', 'bash') AND type_name = 'AWS:Network'", &["0"]),
    (
        "SELECT platform_name, platform_version, architecture, package_id, is_managed FROM inventory WHERE name = 'bash' \
      AND computer_name = 'db1'",
        &["Debian GNU/Linux 12 x86_64 bash_5.2-1_amd64.deb true"],
    ),
    ("SELECT count(*) FROM inventory WHERE taken < now() - INTERVAL '30 hours'", &["4"]),
];

#[tokio::test]
async fn entries_of_items_in_memory_and_in_files_answer_alike() {
    filled().await.assert_answers(&QUESTIONS).await;
}

#[tokio::test]
async fn many_hosts_are_read_in_pieces() {
    let world = World::new().await;
    for number in 0..23 {
        let host = resource(MINE, INVENTORY, &format!("mi-{number}"));
        let has = |version: &str| holding("host", "mi", json!([deb("openssl", version)]));
        world.resource(&host, &[(40, has("1.9")), (10, has("1.10"))]).await;
    }
    world.flush().await;
    for (table, expected) in [("inventory", "23 1.10"), ("inventory_at(now() - INTERVAL '20 hours')", "23 1.9")] {
        let sql = format!("SELECT count(DISTINCT instance_id), version FROM {table} WHERE name = 'openssl' GROUP BY 2");
        assert_eq!(world.rows(&sql).await, [expected], "{table}");
    }
}

#[tokio::test]
async fn an_account_sees_its_own_hosts_alone() {
    let world = filled().await;
    let sql = "SELECT account, count(*) FROM inventory WHERE name = 'openssl' GROUP BY account ORDER BY account";
    assert_eq!(world.rows(sql).await, ["111122223333 2"]);
    let all = SqlQuery { reach: Reach::Everyone, ..World::query(sql) };
    assert_eq!(world.run(all).await.unwrap(), ["111122223333 2", "444455556666 1"]);
}

#[tokio::test]
async fn versions_are_compared_by_the_scheme_that_is_named() {
    let world = World::new().await;
    for (arguments, expected) in [
        ("'1.10', '1.9'", "1"),
        ("'1.0~rc1', '1.0'", "-1"),
        ("'1:1.0', '2.0'", "1"),
        ("'1.0', '1.0-0'", "0"),
        ("'1.0', '1.0-0', 'rpm'", "-1"),
        ("'1.0^git1', '1.0', 'rpm'", "1"),
        ("'1.0rc1', '1.0', 'pep440'", "-1"),
        ("'1.0.0-rc.1', '1', 'semver'", "-1"),
        ("NULL, '1'", "null"),
        ("'1', '1', NULL", "null"),
    ] {
        assert_eq!(world.rows(&format!("SELECT version_compare({arguments})")).await, [expected], "{arguments}");
    }
    let refused = world.run(World::query("SELECT version_compare('1', '2', 'deb')")).await.unwrap_err();
    assert!(refused.to_string().contains("it takes one of dpkg, rpm, pep440, semver"), "{refused}");
    for arguments in ["'1'", "1.0, '1'", "'1', '2', 'rpm', '4'"] {
        let refused = world.run(World::query(&format!("SELECT version_compare({arguments})"))).await;
        assert!(matches!(refused, Err(SqlError::Statement(_))), "{arguments}: {refused:?}");
    }
}

#[tokio::test]
async fn the_store_is_told_which_host_is_meant() {
    let world = filled().await;
    let scans = world.scans("SELECT version FROM inventory WHERE instance_id = 'mi-1' AND name = 'bash'").await;
    let told = "StoreScan: inventory, columns=[instance_id, name, version], only=[account in ('111122223333'); \
                instance_id in ('mi-1'); name in ('bash')]";
    assert!(scans.contains(told), "{scans}");
}

#[tokio::test]
async fn what_is_no_time_is_refused() {
    let world = World::new().await;
    let refused = world.run(World::query("SELECT * FROM inventory_at('yesterday')")).await.unwrap_err();
    assert!(refused.to_string().contains("inventory_at takes a time"), "{refused}");
}
