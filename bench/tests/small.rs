//! Parts of the speed table run with small numbers: what they measure is of no account here, that they measure is.
//!
//! The server's program must be beside this one's, as it is when the whole workspace is tested.

use std::process::Command;

/// The table's rows that a part gives.
fn rows(part: &str, sizes: &[(&str, &str)]) -> Vec<String> {
    let ended = Command::new(env!("CARGO_BIN_EXE_trailwatch-bench"))
        .arg(part)
        .env("BENCH_LOAD_MILLISECONDS", "50")
        .envs(sizes.iter().copied())
        .output()
        .expect("the program starts");
    assert!(ended.status.success(), "{part}: {}", String::from_utf8_lossy(&ended.stderr));
    let table = String::from_utf8(ended.stdout).expect("a table is text");
    table.lines().skip(2).map(str::to_owned).collect()
}

#[test]
fn trails_are_measured() {
    assert_eq!(rows("deliver", &[("BENCH_DELIVERED_EVENTS", "3000")]).len(), 1);
    assert_eq!(rows("recording", &[]).len(), 3);
}

#[test]
fn objects_are_measured() {
    assert_eq!(rows("objects", &[("BENCH_OBJECTS", "200")]).len(), 4);
    assert_eq!(rows("large-objects", &[("BENCH_OBJECT_MEGABYTES", "1")]).len(), 4);
}

#[test]
fn queries_of_event_data_stores_are_measured() {
    assert_eq!(rows("lake", &[("BENCH_LAKE_EVENTS", "3000")]).len(), 3);
}

#[test]
fn configuration_items_are_measured() {
    assert_eq!(rows("items", &[("BENCH_ITEMS", "3000")]).len(), 5);
}

#[test]
fn discovery_rules_and_queries_are_measured() {
    assert_eq!(rows("resources", &[("BENCH_RESOURCES", "20")]).len(), 7);
}
