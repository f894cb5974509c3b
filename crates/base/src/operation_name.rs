//! What the name of an operation of AWS tells.

/// Words that begin the names of reading operations (cloudtrail.md §2.3).
const READING_WORDS: &[&str] = &[
    "Get",
    "List",
    "Describe",
    "Head",
    "BatchGet",
    "BatchDescribe",
    "Search",
    "Lookup",
    "Query",
    "Scan",
    "Select",
    "Check",
    "Validate",
    "Is",
    "Test",
    "Preview",
    "Estimate",
    "Calculate",
    "Count",
    "Retrieve",
    "Resolve",
    "Verify",
    "Download",
    "Filter",
];

/// Whether an operation's name says that it only reads: it begins with a word for that, followed by a capital letter or
/// by nothing.
pub fn tells_reading(operation: &str) -> bool {
    READING_WORDS.iter().any(|word| {
        let rest = operation.strip_prefix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_uppercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_reading_by_its_first_word() {
        for name in ["GetUser", "List", "BatchGetItem", "DescribeAlarms"] {
            assert!(tells_reading(name), "{name}");
        }
        for name in ["Getaway", "PutItem", "ReGetItem", "IssueToken", ""] {
            assert!(!tells_reading(name), "{name}");
        }
    }
}
