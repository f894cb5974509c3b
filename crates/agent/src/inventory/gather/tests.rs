//! Everything together, for a made-up host and for this one.

use super::super::command::{Said, search_folders};
use super::super::host::tests::{host, write};
use super::super::settings::InventoryGiven;
use super::*;

fn settings(text: &str) -> InventorySettings {
    toml::from_str::<InventoryGiven>(text).unwrap().finish(None).unwrap().unwrap()
}

fn id() -> InstanceId {
    InstanceId("mi-0123456789abcdef0".to_owned())
}

fn types(gathered: &Gathered) -> Vec<&str> {
    gathered.items.iter().map(|item| &*item.type_name).collect()
}

#[test]
fn only_what_is_switched_on_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path());
    for (text, expected) in [
        ("collect = ['pip']", vec!["AWS:Application", "AWS:AWSComponent"]),
        ("collect = ['instance', 'network']", vec!["AWS:InstanceInformation", "AWS:Network"]),
        ("collect = ['services', 'firewall', 'updates']", vec!["AWS:Service"]),
    ] {
        assert_eq!(types(&collect(&host, &settings(text), &id())), expected, "{text}");
    }
}

#[test]
fn components_of_aws_are_told_apart_and_are_applications_too() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path());
    let package = |name: &str| {
        format!("Package: {name}\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nDescription: d\n\n")
    };
    write(
        &host,
        "/var/lib/dpkg/status",
        &(package("amazon-ssm-agent") + &package("bash") + &package("aws-apitools-mon")),
    );
    let gathered = collect(&host, &settings("collect = ['dpkg']"), &id());
    let names = |at: usize| gathered.items[at].entries.iter().map(|entry| &*entry["Name"]).collect::<Vec<_>>();
    assert_eq!(names(0), ["amazon-ssm-agent", "aws-apitools-mon", "bash"]);
    assert_eq!(names(1), ["amazon-ssm-agent", "aws-apitools-mon"]);
    assert!(!gathered.items[1].entries[0].contains_key("Summary"));
}

#[test]
fn applications_are_unknown_when_one_of_their_managers_cannot_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut host = host(folder.path());
    write(&host, "/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n");
    host.said = vec![(rpm::COMMAND, Said::Failed("locked".to_owned()))];
    let gathered = collect(&host, &settings("collect = ['dpkg', 'rpm', 'instance']"), &id());
    assert_eq!(types(&gathered), ["AWS:InstanceInformation"]);
    assert!(gathered.is_unknown("AWS:Application") && gathered.is_unknown("AWS:AWSComponent"));
    assert!(!gathered.is_unknown("AWS:Network"));
    assert_eq!((gathered.unknown[0].what, &*gathered.unknown[0].why), ("rpm", "rpm: locked"));
}

#[test]
fn custom_types_are_unknown_when_one_of_their_files_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path());
    write(&host, "/custom/a.json", r#"{"TypeName":"Custom:A","SchemaVersion":"1.0","Content":{"a":"b"}}"#);
    let custom = settings(&format!("collect = ['off']\ncustom = '{}'", host.at("/custom").display()));
    let gathered = collect(&host, &custom, &id());
    assert_eq!((types(&gathered), gathered.is_unknown("Custom:B")), (vec!["Custom:A"], false));
    write(&host, "/custom/b.json", "{");
    let gathered = collect(&host, &custom, &id());
    assert_eq!((types(&gathered), gathered.is_unknown("Custom:B")), (vec!["Custom:A"], true));
    assert!(!gathered.is_unknown("Custom:Firewall"));
}

#[tokio::test]
async fn this_machine_tells_the_same_twice() {
    let settings = settings("");
    let search = search_folders(&std::env::var("PATH").unwrap());
    let host = ask(&settings, "/".into(), search).await;
    let once = collect(&host, &settings, &id());
    assert_eq!(once, collect(&host, &settings, &id()));
    let applications = &once.items[0];
    assert_eq!((&*applications.type_name, once.is_unknown("AWS:Application")), ("AWS:Application", false), "{once:?}");
    assert!(!applications.entries.is_empty());
}
