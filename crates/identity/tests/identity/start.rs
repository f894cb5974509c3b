//! The first start and those after it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use identity::{RootCredentials, Secret, expects_master_key};
use serde_json::json;
use store::catalog::{Catalog, CatalogError};

use super::world::*;

#[tokio::test]
async fn root_is_made_once_shown_once_and_works_without_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root-credentials");
    let made = RootCredentials::Made { file: file.clone() };
    let backend = Arc::new(MemoryBackend::default());
    let first = open(&backend, &master_key(1), made.clone(), 1).await.unwrap();
    let shown = first.new_root_credentials().unwrap().clone();
    assert!(shown.access_key_id.starts_with("AKIA"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(&shown.access_key_id) && text.contains(shown.secret.expose()));

    fs::remove_file(&file).unwrap();
    let second = open(&backend, &master_key(1), made, 2).await.unwrap();
    assert!(second.new_root_credentials().is_none());
    assert!(!file.exists());
    let credential = second.authenticator().lookup(&shown.access_key_id, None, NOW).unwrap();
    assert_eq!(credential.secret, shown.secret);
    assert_eq!(
        credential.principal.arn(base::Partition::Standard).unwrap().to_string(),
        format!("arn:aws:iam::{ACCOUNT}:root")
    );
}

#[tokio::test]
async fn another_master_key_is_refused_by_name() {
    let world = World::new().await;
    let error = open(&world.backend, &master_key(2), RootCredentials::Dev, 2).await.err().unwrap().to_string();
    assert_eq!(error, "the master key in the test is not the one that this data was written with");
}

#[tokio::test]
async fn a_catalog_that_was_written_to_expects_its_master_key() {
    let backend = Arc::new(MemoryBackend::default());
    assert!(!expects_master_key(&Catalog::open(backend.clone()).await.unwrap()));
    open(&backend, &master_key(1), RootCredentials::Dev, 1).await.unwrap();
    assert!(expects_master_key(&Catalog::open(backend).await.unwrap()));
}

#[tokio::test]
async fn a_copy_of_the_catalog_holds_no_secret() {
    let world = World::new().await;
    world.iam("CreateUser", json!({"UserName": "alice"})).await.unwrap();
    let made = world.iam("CreateAccessKey", json!({"UserName": "alice"})).await.unwrap();
    let secret = made["AccessKey"]["SecretAccessKey"].as_str().unwrap();
    use store::catalog::{CatalogBackend as _, Stored};
    let mut rows = 0;
    let mut look = |row: Stored| {
        assert!(!String::from_utf8_lossy(&row.body).contains(secret), "{}", row.kind);
        rows += 1;
    };
    world.backend.load(&mut look).await.unwrap();
    assert!(rows > 0);
}

#[tokio::test]
async fn given_root_credentials_are_not_stored() {
    let backend = Arc::new(MemoryBackend::default());
    let given =
        RootCredentials::Given { access_key_id: "operator".to_owned(), secret: Secret::from("s3cret".to_owned()) };
    let with = open(&backend, &master_key(1), given, 1).await.unwrap();
    assert_eq!(with.authenticator().lookup("operator", None, NOW).unwrap().secret.expose(), "s3cret");
    let without = open(&backend, &master_key(1), RootCredentials::Dev, 2).await.unwrap();
    assert!(without.authenticator().lookup("operator", None, NOW).is_err());
}

#[tokio::test]
async fn a_failing_catalog_is_told_apart_from_a_full_one() {
    let world = World::new().await;
    let create = || world.iam("CreateUser", json!({"UserName": "alice"}));
    *world.backend.failing.lock().unwrap() = Some(|| CatalogError::Full);
    let full = create().await.unwrap_err();
    assert_eq!(full, ("ServiceUnavailable".into(), "The server has no disk space left for this change.".into()));
    *world.backend.failing.lock().unwrap() = Some(|| CatalogError::Failed("broken".into()));
    assert_eq!(create().await.unwrap_err().0, "InternalFailure");
    *world.backend.failing.lock().unwrap() = Some(|| CatalogError::Conflict { kind: "x", name: "y".into() });
    assert_eq!(create().await.unwrap_err().0, "ConcurrentModification");
    *world.backend.failing.lock().unwrap() = None;
    create().await.unwrap();
}
