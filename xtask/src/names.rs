//! Names in the models' spelling, turned into Rust's.

use std::collections::{BTreeMap, BTreeSet};

const KEYWORDS: [&str; 40] = [
    "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "extern", "false", "fn", "for", "gen",
    "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "static", "struct",
    "trait", "true", "type", "unsafe", "use", "where", "while", "yield", "abstract", "box", "final", "virtual",
];

/// Keywords that `r#` does not help.
const PATH_KEYWORDS: [&str; 4] = ["self", "Self", "super", "crate"];

/// `UserName` → `user_name`, `type` → `r#type`.
pub fn field(name: &str) -> String {
    let name = snake(name);
    if KEYWORDS.contains(&name.as_str()) {
        format!("r#{name}")
    } else if PATH_KEYWORDS.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

/// `SSHPublicKeyId` → `ssh_public_key_id`, `S3BucketARNs` → `s3_bucket_arns`.
pub fn snake(name: &str) -> String {
    words(name).iter().map(|word| word.to_lowercase()).collect::<Vec<_>>().join("_")
}

/// `NoSuchEntityException` → `NO_SUCH_ENTITY_EXCEPTION`.
pub fn upper_snake(name: &str) -> String {
    snake(name).to_uppercase()
}

/// A type's name: the shape's own with a capital first.
pub fn type_name(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// An enum variant for a value: `aws:kms` → `AwsKms`, `IN_PROGRESS` → `InProgress`,
/// `2019-12` → `V2019_12`.
pub fn variant(value: &str) -> String {
    let parts = value.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let mut name = String::new();
    for word in parts.flat_map(words) {
        // Numbers side by side would run together.
        let touching =
            name.ends_with(|last: char| last.is_ascii_digit()) && word.starts_with(|c: char| c.is_ascii_digit());
        if touching {
            name.push('_');
        }
        name.push_str(&type_name(&word.to_lowercase()));
    }
    match name.chars().next() {
        None => "Empty".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("V{name}"),
        Some(_) if PATH_KEYWORDS.contains(&name.as_str()) => format!("{name}_"),
        Some(_) => name,
    }
}

/// Gives each item a name, numbering those that would share one.
pub fn unique<'a>(
    items: impl IntoIterator<Item = &'a str>,
    name: impl Fn(&str) -> String,
) -> BTreeMap<&'a str, String> {
    let mut taken = BTreeSet::new();
    let mut names = BTreeMap::new();
    for item in items {
        let base = name(item);
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|name| !taken.contains(name));
        let free = free.expect("numbers do not run out");
        taken.insert(free.clone());
        names.insert(item, free);
    }
    names
}

/// Words begin at a capital after a small letter or digit, and at the last capital of
/// a run that a small letter follows. A plural `s` stays with its acronym.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let starts = match at.checked_sub(1).map(|before| letters[before]) {
            Some(before) if letter.is_ascii_uppercase() => !before.is_ascii_uppercase() || starts_word(&letters[at..]),
            _ => false,
        };
        let separates = !letter.is_ascii_alphanumeric();
        if (starts || separates) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if !separates {
            word.push(letter);
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Whether the capital at the start begins a new word inside a run of capitals.
fn starts_word(rest: &[char]) -> bool {
    match rest {
        [_, 's'] => false,
        [_, 's', after, ..] => after.is_ascii_lowercase(),
        [_, next, ..] => next.is_ascii_lowercase(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_names_become_fields() {
        for (name, expected) in [
            ("UserName", "user_name"),
            ("SSHPublicKeyId", "ssh_public_key_id"),
            ("S3BucketName", "s3_bucket_name"),
            ("OKActions", "ok_actions"),
            ("KmsKeyARN", "kms_key_arn"),
            ("ResourceARNs", "resource_arns"),
            ("TargetIDs", "target_ids"),
            ("snsTopicARN", "sns_topic_arn"),
            ("IsMFAEnabled", "is_mfa_enabled"),
            ("Type", "r#type"),
            ("self", "self_"),
            ("SHA256Sum", "sha256_sum"),
        ] {
            assert_eq!(field(name), expected, "{name}");
        }
    }

    #[test]
    fn values_become_variants() {
        for (value, expected) in [
            ("Active", "Active"),
            ("IN_PROGRESS", "InProgress"),
            ("aws:kms", "AwsKms"),
            ("ReadOnly", "ReadOnly"),
            ("1.11", "V1_11"),
            ("AWS::EC2::Instance", "AwsEc2Instance"),
            ("", "Empty"),
            ("self", "Self_"),
        ] {
            assert_eq!(variant(value), expected, "{value}");
        }
    }

    #[test]
    fn names_that_collide_are_numbered() {
        let names = unique(["IPAddress", "IpAddress"], upper_snake);
        assert_eq!(names["IPAddress"], "IP_ADDRESS");
        assert_eq!(names["IpAddress"], "IP_ADDRESS_2");
    }
}
