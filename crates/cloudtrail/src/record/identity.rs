//! `userIdentity` and the name that look-ups find a caller by (cloudtrail.md §1.3, §3.5).

use api::Principal;
use api::call::SessionAttributes;
use base::{Arn, Partition};
use serde_json::{Map, Value, json};

/// The `userIdentity` member for this caller.
pub fn user_identity(principal: &Principal, partition: Partition) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            out.insert(key.to_owned(), Value::String(value));
        }
    };
    put("type", Some(type_name(principal).to_owned()));
    put("principalId", principal.id());
    put("arn", principal.arn(partition).map(|arn| arn.to_string()));
    put("accountId", Some(principal.account().to_string()));
    put("accessKeyId", principal.access_key_id().map(str::to_owned));
    if let Principal::User { name, .. } = principal {
        put("userName", Some(name.clone()));
    }
    if let Some(session) = principal.session() {
        out.insert("sessionContext".to_owned(), session_context(principal, session, partition));
    }
    Value::Object(out)
}

/// The same for the copy that another account gets: the caller's account, and nothing that names the caller
/// (cloudtrail.md §2.5).
pub fn of_account(principal: &Principal) -> Value {
    json!({
        "type": "AWSAccount",
        "principalId": principal.id().unwrap_or_default(),
        "accountId": principal.account().to_string(),
    })
}

/// The `Username` of look-ups: user name, session name, or `root`.
pub fn username(principal: &Principal) -> Option<String> {
    match principal {
        Principal::Root { .. } => Some("root".to_owned()),
        Principal::User { name, .. } => Some(name.clone()),
        Principal::AssumedRole { session_name, .. } => Some(session_name.clone()),
        Principal::Unknown { .. } => None,
    }
}

fn type_name(principal: &Principal) -> &'static str {
    match principal {
        Principal::Root { .. } => "Root",
        Principal::User { .. } => "IAMUser",
        Principal::AssumedRole { .. } => "AssumedRole",
        Principal::Unknown { .. } => "Unknown",
    }
}

fn session_context(principal: &Principal, session: &SessionAttributes, partition: Partition) -> Value {
    let mut out = Map::new();
    if let Principal::AssumedRole { account, role_id, role_name, role_path, .. } = principal {
        let arn = Arn {
            partition: partition.as_str().to_owned(),
            service: "iam".to_owned(),
            region: String::new(),
            account: account.to_string(),
            resource: format!("role{role_path}{role_name}"),
        };
        out.insert(
            "sessionIssuer".to_owned(),
            json!({
                "type": "Role",
                "principalId": role_id,
                "arn": arn.to_string(),
                "accountId": account.to_string(),
                "userName": role_name,
            }),
        );
    }
    out.insert(
        "attributes".to_owned(),
        json!({
            "creationDate": session.created.iso_secs(),
            "mfaAuthenticated": session.mfa_authenticated.to_string(),
        }),
    );
    if let Principal::AssumedRole { source_identity: Some(identity), .. } = principal {
        out.insert("sourceIdentity".to_owned(), Value::String(identity.clone()));
    }
    Value::Object(out)
}
