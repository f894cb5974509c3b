//! Public keys as ListPublicKeys answers them, which is also how copies keep them.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudtrail::verify::PublicKeys;
use serde_json::{Value as Json, json};

use crate::run::Failure;

/// The keys of an answer.
pub(super) fn read(answer: &Json) -> Result<PublicKeys, Failure> {
    let list = answer["PublicKeyList"].as_array().ok_or("there is no PublicKeyList")?;
    let key = |key: &Json| {
        let value = STANDARD.decode(key["Value"].as_str()?).ok()?;
        Some((key["Fingerprint"].as_str()?.to_owned(), value))
    };
    list.iter().map(|one| key(one).ok_or_else(|| "a public key has no Fingerprint and Value".into())).collect()
}

/// The keys of files together.
pub(super) fn read_all(files: &[PathBuf]) -> Result<PublicKeys, Failure> {
    let mut all = PublicKeys::new();
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let answer = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        all.extend(read(&answer).map_err(|error| format!("{}: {error}", file.display()))?);
    }
    Ok(all)
}

/// Keys as an answer.
pub(super) fn written(keys: &PublicKeys) -> Json {
    let key = |(fingerprint, value): (&String, &Vec<u8>)| json!({"Fingerprint": fingerprint, "Value": STANDARD.encode(value)});
    json!({"PublicKeyList": keys.iter().map(key).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_they_are_read() {
        let keys = PublicKeys::from([("ab".to_owned(), vec![1, 2, 3]), ("cd".to_owned(), vec![4])]);
        assert_eq!(read(&written(&keys)).unwrap(), keys);
        assert!(read(&json!({})).is_err());
        assert!(read(&json!({"PublicKeyList": [{"Fingerprint": "ab"}]})).is_err());
    }
}
