//! Whether a policy is such as event data stores and channels take (cloudtrail.md §7.4, §9.3).

use serde_json::Value as Json;

use super::Kind;

const BYTES_MAX: usize = 8192;
const STATEMENTS_MAX: usize = 20;
const PRINCIPALS_MAX: usize = 50;

/// What policies of event data stores can speak of.
const STORE_ACTIONS: &[&str] = &[
    "cloudtrail:StartQuery",
    "cloudtrail:CancelQuery",
    "cloudtrail:ListQueries",
    "cloudtrail:DescribeQuery",
    "cloudtrail:GetQueryResults",
    "cloudtrail:GenerateQuery",
    "cloudtrail:GenerateQueryResultsSummary",
    "cloudtrail:GetEventDataStore",
];

/// What policies of channels can speak of.
const CHANNEL_ACTIONS: &[&str] = &["cloudtrail-data:PutAuditEvents"];

/// Checks what the policy of this resource says; that it is a policy at all is for the engine to tell.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(policy: &str, kind: Kind, arn: &str) -> Result<(), String> {
    if policy.len() > BYTES_MAX {
        return Err(format!("The policy exceeds {BYTES_MAX} bytes."));
    }
    let document: Json = serde_json::from_str(policy).map_err(|_| "The policy is not valid JSON.".to_owned())?;
    let statements = many(&document["Statement"]);
    if !(1..=STATEMENTS_MAX).contains(&statements.len()) {
        return Err(format!("A policy has between 1 and {STATEMENTS_MAX} statements."));
    }
    let actions = match kind {
        Kind::EventDataStore => STORE_ACTIONS,
        Kind::Channel => CHANNEL_ACTIONS,
    };
    statements.into_iter().try_for_each(|statement| check_statement(statement, actions, arn))
}

fn check_statement(statement: &Json, actions: &[&str], arn: &str) -> Result<(), String> {
    if let Some(negated) = ["NotPrincipal", "NotAction", "NotResource"].iter().find(|key| statement.get(key).is_some())
    {
        return Err(format!("A statement cannot have {negated}."));
    }
    let named = match &statement["Principal"] {
        Json::Object(kinds) => kinds.values().map(|principals| many(principals).len()).sum(),
        everybody => many(everybody).len(),
    };
    if !(1..=PRINCIPALS_MAX).contains(&named) {
        return Err(format!("A statement has between 1 and {PRINCIPALS_MAX} principals."));
    }
    let asked = many(&statement["Action"]);
    let is_known = |action: &Json| {
        let text = action.as_str().unwrap_or_default();
        actions.iter().any(|known| known.eq_ignore_ascii_case(text))
    };
    if asked.is_empty() || !asked.iter().all(|action| is_known(action)) {
        return Err(format!("A statement's actions can be {} only.", actions.join(", ")));
    }
    let resources = many(&statement["Resource"]);
    match resources.is_empty() || resources.iter().any(|resource| resource.as_str() != Some(arn)) {
        true => Err(format!("A statement's resource must be {arn}.")),
        false => Ok(()),
    }
}

/// A value, or those of a list; none when it is absent.
fn many(value: &Json) -> Vec<&Json> {
    match value {
        Json::Null => Vec::new(),
        Json::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CHANNEL: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:channel/01234567-89ab-4def-8123-456789abcdef";

    fn statement() -> Json {
        json!({"Effect": "Allow", "Principal": {"AWS": ["444455556666"]}, "Action": "cloudtrail-data:PutAuditEvents",
               "Resource": CHANNEL, "Condition": {"StringEquals": {"cloudtrail:ExternalId": "one"}}})
    }

    fn checked(statements: Vec<Json>) -> Result<(), String> {
        check(&json!({"Version": "2012-10-17", "Statement": statements}).to_string(), Kind::Channel, CHANNEL)
    }

    #[test]
    fn a_policy_of_a_channel_speaks_of_putting_events_into_it() {
        assert_eq!(checked(vec![statement()]), Ok(()));
        assert_eq!(checked(vec![statement(); STATEMENTS_MAX]), Ok(()));
        assert!(checked(vec![statement(); STATEMENTS_MAX + 1]).is_err());
        assert!(checked(Vec::new()).is_err());
    }

    #[test]
    fn statements_of_anything_else_are_refused() {
        for (member, value) in [
            ("Action", json!("cloudtrail-data:*")),
            ("Action", json!(["cloudtrail-data:PutAuditEvents", "cloudtrail:GetChannel"])),
            ("Action", json!([])),
            ("Resource", json!("*")),
            ("Resource", json!([CHANNEL, "arn:aws:cloudtrail:eu-west-1:111122223333:channel/*"])),
            ("Resource", Json::Null),
            ("Principal", Json::Null),
            ("Principal", json!({"AWS": (0..51).map(|number| format!("{number:012}")).collect::<Vec<_>>()})),
            ("NotPrincipal", json!({"AWS": "444455556666"})),
        ] {
            let mut statement = statement();
            statement[member] = value.clone();
            assert!(checked(vec![statement]).is_err(), "{member} {value}");
        }
    }

    #[test]
    fn a_policy_has_8192_bytes_at_most() {
        let policy = json!({"Version": "2012-10-17", "Statement": [statement()]}).to_string();
        let padded = |bytes: usize| policy.clone() + &" ".repeat(bytes - policy.len());
        assert_eq!(check(&padded(BYTES_MAX), Kind::Channel, CHANNEL), Ok(()));
        assert!(check(&padded(BYTES_MAX + 1), Kind::Channel, CHANNEL).is_err());
    }

    #[test]
    fn a_policy_of_a_store_speaks_of_queries() {
        let arn = "arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/01234567-89ab-4def-8123-456789abcdef";
        let policy = |action: &str| {
            let statement =
                json!({"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": action, "Resource": arn});
            json!({"Version": "2012-10-17", "Statement": statement}).to_string()
        };
        assert_eq!(check(&policy("cloudtrail:StartQuery"), Kind::EventDataStore, arn), Ok(()));
        assert!(check(&policy("cloudtrail:DeleteEventDataStore"), Kind::EventDataStore, arn).is_err());
    }
}
