use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base::SeededEntropy;

use super::*;

fn keys(seed: u8) -> Keys {
    Keys::derive(&MasterKey::from_text(&STANDARD.encode([seed; 32]), "the test").unwrap())
}

#[test]
fn a_sealed_secret_opens_with_the_same_key_and_id_alone() {
    let entropy = SeededEntropy::new(1);
    let sealed = keys(1).seal(&Secret::from("wJalr".to_owned()), "AKIA1", &entropy);
    assert!(!sealed.contains("wJalr"));
    assert_eq!(keys(1).open(&sealed, "AKIA1").unwrap().expose(), "wJalr");
    assert_eq!(keys(1).open(&sealed, "AKIA2"), None);
    assert_eq!(keys(2).open(&sealed, "AKIA1"), None);
    assert_eq!(keys(1).open("", "AKIA1"), None);
    assert_eq!(keys(1).open_token(&sealed, "AKIA1"), None, "a secret is no session token");
}

#[test]
fn every_changed_byte_is_noticed() {
    let token = keys(1).seal_token(b"contents", "ASIA1", &SeededEntropy::new(1));
    let bytes = STANDARD.decode(&token).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_eq!(keys(1).open_token(&STANDARD.encode(changed), "ASIA1"), None, "byte {at}");
    }
    assert_eq!(keys(1).open_token(&token, "ASIA1").as_deref(), Some(b"contents".as_slice()));
}

#[test]
fn secrets_are_not_shown() {
    let secret = Secret::from("wJalr".to_owned());
    assert_eq!(
        format!("{secret:?} {:?} {:?}", keys(1), MasterKey::from_text(&STANDARD.encode([1; 32]), "x").unwrap()),
        "<secret> <keys> MasterKey(x)"
    );
}

#[test]
fn the_key_file_is_made_once_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.key");
    let entropy = SeededEntropy::new(1);
    let made = MasterKey::load_or_create(&path, &entropy, true).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let read = MasterKey::load_or_create(&path, &entropy, false).unwrap();
    assert_eq!(made.bytes(), read.bytes());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_missing_or_damaged_or_open_key_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.key");
    let load = || MasterKey::load_or_create(&path, &SeededEntropy::new(1), false).unwrap_err().to_string();
    assert!(load().contains("data.key is missing"), "{}", load());
    fs::write(&path, "half a k").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(load().contains("data.key is not a master key"), "{}", load());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(load().contains("chmod 600"), "{}", load());
}
