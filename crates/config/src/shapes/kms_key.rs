//! What names a key of KMS: an id, an alias, or an ARN of either.

/// Whether two names are of the same key, as far as they tell. An id and an alias of it cannot be told to be.
pub(crate) fn are_same(a: &str, b: &str) -> bool {
    if a.starts_with("arn:") && b.starts_with("arn:") {
        return a == b;
    }
    within_account(a) == within_account(b)
}

/// The id, or `alias/` and a name.
fn within_account(name: &str) -> &str {
    let resource = if name.starts_with("arn:") { name.splitn(6, ':').nth(5).unwrap_or(name) } else { name };
    resource.strip_prefix("key/").unwrap_or(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_as_an_arn_of_it() {
        for (a, b, expected) in [
            ("1234abcd", "1234abcd", true),
            ("1234abcd", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd", true),
            ("alias/acme", "arn:aws:kms:eu-west-1:123456789012:alias/acme", true),
            ("arn:aws:kms:eu-west-1:123456789012:key/1", "arn:aws:kms:eu-west-2:123456789012:key/1", false),
            ("1234abcd", "arn:aws:kms:eu-west-1:123456789012:key/5678", false),
            ("alias/acme", "1234abcd", false),
        ] {
            assert_eq!(are_same(a, b), expected, "{a} {b}");
            assert_eq!(are_same(b, a), expected, "{b} {a}");
        }
    }
}
