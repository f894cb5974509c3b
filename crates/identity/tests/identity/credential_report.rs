//! The credential report: what it says, and how long it is good.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::world::*;

/// The lines of a report by user, each cell by its column.
fn lines(report: &Json) -> BTreeMap<String, BTreeMap<String, String>> {
    let bytes: Vec<u8> = match &report["Content"] {
        Json::String(text) => text.clone().into_bytes(),
        bytes => serde_json::from_value(bytes.clone()).unwrap(),
    };
    let text = String::from_utf8(bytes).unwrap();
    let mut rows = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let columns = rows.next().unwrap();
    assert_eq!(columns.len(), 22);
    rows.map(|row| {
        assert_eq!(row.len(), columns.len(), "{row:?}");
        (row[0].clone(), columns.iter().cloned().zip(row).collect())
    })
    .collect()
}

async fn report(world: &World) -> BTreeMap<String, BTreeMap<String, String>> {
    world.iam("GenerateCredentialReport", json!({})).await.unwrap();
    lines(&world.iam("GetCredentialReport", json!({})).await.unwrap())
}

#[tokio::test]
async fn a_report_tells_what_each_user_signs_in_with() {
    let world = World::new().await;
    world.iam("UpdateAccountPasswordPolicy", json!({"MaxPasswordAge": 1})).await.unwrap();
    world.iam("CreateUser", json!({"UserName": "Bare", "Path": "/ops/"})).await.unwrap();
    world.iam("CreateUser", json!({"UserName": "dave"})).await.unwrap();
    world.iam("CreateLoginProfile", json!({"UserName": "dave", "Password": "Correct-Horse-1"})).await.unwrap();
    let key = world.iam("CreateAccessKey", json!({"UserName": "dave"})).await.unwrap();
    let off = json!({"UserName": "dave", "AccessKeyId": key["AccessKey"]["AccessKeyId"], "Status": "Inactive"});
    world.iam("UpdateAccessKey", off).await.unwrap();
    let report = report(&world).await;
    assert_eq!(report.keys().collect::<Vec<_>>(), ["<root_account>", "Bare", "dave"]);
    let made = "2026-02-25T06:13:20+00:00";
    for (user, column, cell) in [
        ("<root_account>", "arn", "arn:aws:iam::111122223333:root"),
        ("<root_account>", "password_enabled", "false"),
        ("<root_account>", "password_last_used", "no_information"),
        ("<root_account>", "password_last_changed", "not_supported"),
        ("Bare", "arn", "arn:aws:iam::111122223333:user/ops/Bare"),
        ("Bare", "user_creation_time", made),
        ("Bare", "password_enabled", "false"),
        ("Bare", "password_last_used", "N/A"),
        ("Bare", "password_last_changed", "N/A"),
        ("Bare", "mfa_active", "false"),
        ("Bare", "access_key_1_active", "false"),
        ("Bare", "access_key_1_last_rotated", "N/A"),
        ("dave", "password_enabled", "true"),
        ("dave", "password_last_used", "no_information"),
        ("dave", "password_last_changed", made),
        ("dave", "password_next_rotation", "2026-02-26T06:13:20+00:00"),
        ("dave", "access_key_1_active", "false"),
        ("dave", "access_key_1_last_rotated", made),
        ("dave", "access_key_1_last_used_date", "N/A"),
        ("dave", "access_key_2_last_rotated", "N/A"),
        ("dave", "cert_1_active", "false"),
    ] {
        assert_eq!(report[user][column], cell, "{user} {column}");
    }
}

#[tokio::test]
async fn a_report_is_good_for_four_hours() {
    let world = World::new().await;
    let at = |secs: i64, operation: &'static str| {
        let mut cx = context(root());
        cx.now = NOW.plus_millis(secs * 1000);
        let world = &world;
        async move { world.call(&cx, "iam", operation, json!({})).await.map_err(failure) }
    };
    assert_eq!(at(0, "GetCredentialReport").await.unwrap_err().0, "ReportNotPresent");
    let started = at(0, "GenerateCredentialReport").await.unwrap();
    let words = "No report exists. Starting a new report generation task";
    assert_eq!(started, json!({"State": "STARTED", "Description": words}));
    world.iam("CreateUser", json!({"UserName": "late"})).await.unwrap();
    let hours = 4 * 3600;
    assert_eq!(at(hours - 1, "GenerateCredentialReport").await.unwrap(), json!({"State": "COMPLETE"}));
    let report = at(hours - 1, "GetCredentialReport").await.unwrap();
    assert_eq!((&report["GeneratedTime"], &report["ReportFormat"]), (&json!(NOW.iso()), &json!("text/csv")));
    assert!(!lines(&report).contains_key("late"), "it is the one of before");
    assert_eq!(at(hours, "GetCredentialReport").await.unwrap_err().0, "ReportExpired");
    assert_eq!(at(hours, "GenerateCredentialReport").await.unwrap()["State"], "STARTED");
    assert!(lines(&at(hours, "GetCredentialReport").await.unwrap()).contains_key("late"));
}
