//! What items of buckets say (config.md §2.6), and who of the public they let in.

use std::borrow::Cow;

use serde_json::Value;

use crate::item::{self, Item};
use crate::policy::public_access::lets_public_in;
use crate::policy::{Policy, Statement};
use crate::rule::{Asked, Inventory, Parameters, PublicAccessBlock, Verdict};

use super::untold;

/// The type of buckets.
pub(crate) const BUCKET: &str = "AWS::S3::Bucket";

/// What one can be let do with a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// A grant of an access control list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub grantee: Grantee,
    /// In capitals and without `_`, such as `FULLCONTROL`: sources write `FullControl` and `FULL_CONTROL`.
    pub permission: String,
}

/// To whom something is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grantee {
    /// Who owns the bucket.
    Owner,
    /// `AllUsers` or `AuthenticatedUsers`, which is anyone who has an account at AWS.
    Public,
    /// Another account, or the group that delivers logs.
    Other,
}

impl Access {
    /// S3's actions that give it, as patterns. S3's own list of what exposes a bucket is these two together.
    fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["s3:get*", "s3:list*"],
            Self::Write => &["s3:put*", "s3:delete*", "s3:abortmultipartupload", "s3:restoreobject"],
        }
    }

    fn is_given_by(self, permission: &str) -> bool {
        match self {
            Self::Read => ["READ", "READACP", "FULLCONTROL"].contains(&permission),
            Self::Write => ["WRITE", "WRITEACP", "FULLCONTROL"].contains(&permission),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// Whether the public is kept from an access, by policy and by access control list, or by what is blocked of these for
/// the bucket or for the account.
pub(crate) fn judge_public_access(item: &Item, inventory: &dyn Inventory, access: Access) -> Result<Verdict, Verdict> {
    let own = own_block(item);
    let lets_in = |statement: &Statement| {
        lets_public_in(statement) && access.actions().iter().any(|action| statement.actions.meet(action))
    };
    let is_granted = |grant: &Grant| grant.grantee == Grantee::Public && access.is_given_by(&grant.permission);
    let is_public_by_policy =
        !own.restrict_buckets && policy(item)?.is_some_and(|policy| policy.statements.iter().any(lets_in));
    let is_public_by_acl = !own.ignore_acls && grants(item)?.iter().any(is_granted);
    if !is_public_by_policy && !is_public_by_acl {
        return Ok(Verdict::compliant());
    }
    let account = account_block(inventory)?;
    Ok(if is_public_by_policy && !account.restrict_buckets {
        Verdict::non_compliant(format!("The bucket policy allows public {} access.", access.word()))
    } else if is_public_by_acl && !account.ignore_acls {
        Verdict::non_compliant(format!("The bucket ACL allows public {} access.", access.word()))
    } else {
        Verdict::compliant()
    })
}

/// The policy of a bucket, if it has one.
pub(crate) fn policy(item: &Item) -> Result<Option<Policy>, Verdict> {
    let held = item.supplement("BucketPolicy").ok_or_else(|| untold("BucketPolicy"))?;
    let Some(text) = item::at(&held, "policyText") else { return Ok(None) };
    match Policy::of(text) {
        Some(policy) => Ok(Some(policy)),
        None => Err(Verdict::insufficient_data("The bucket policy is not a policy document that can be read.")),
    }
}

/// What a bucket's access control list grants.
pub(crate) fn grants(item: &Item) -> Result<Vec<Grant>, Verdict> {
    let list = item.supplement("AccessControlList").ok_or_else(|| untold("AccessControlList"))?;
    let owner = item::at(&list, "owner.id").or_else(|| item.at("owner.id")).and_then(Value::as_str);
    let Some(grants) = item::at(&list, "grantList").and_then(Value::as_array) else {
        return Err(untold("AccessControlList.grantList"));
    };
    let read = |grant: &Value| {
        let permission = item::at(grant, "permission").and_then(Value::as_str).unwrap_or_default();
        Grant {
            grantee: grantee(grant.get("grantee").unwrap_or(&Value::Null), owner),
            permission: permission.replace('_', "").to_ascii_uppercase(),
        }
    };
    Ok(grants.iter().map(read).collect())
}

fn grantee(grantee: &Value, owner: Option<&str>) -> Grantee {
    match grantee {
        Value::String(group) if ["AllUsers", "AuthenticatedUsers"].contains(&group.as_str()) => Grantee::Public,
        Value::Object(_) => {
            let id = item::at(grantee, "id").and_then(Value::as_str);
            if id.is_some() && id == owner { Grantee::Owner } else { Grantee::Other }
        }
        _ => Grantee::Other,
    }
}

/// How a bucket encrypts what nobody says how to encrypt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Encryption {
    pub algorithm: String,
    /// The key of KMS, where the bucket has one of its own.
    pub key: Option<String>,
}

/// The default encryption of a bucket, if it has one.
pub(crate) fn default_encryption(item: &Item) -> Option<Encryption> {
    let configuration = item.supplement("ServerSideEncryptionConfiguration")?;
    let by_default = |rule| {
        let said =
            |key| Some(item::at(item::at(rule, "applyServerSideEncryptionByDefault")?, key)?.as_str()?.to_owned());
        Some(Encryption { algorithm: said("sseAlgorithm")?, key: said("kmsMasterKeyID") })
    };
    item::at(&configuration, "rules")?.as_array()?.iter().find_map(by_default)
}

/// The ARN of a bucket.
pub(crate) fn arn(item: &Item) -> Cow<'_, str> {
    match &item.arn {
        Some(arn) => Cow::Borrowed(arn),
        None => Cow::Owned(format!("arn:aws:s3:::{}", item.resource_id)),
    }
}

/// What is blocked for a bucket; nothing where nothing was set.
pub(crate) fn own_block(item: &Item) -> PublicAccessBlock {
    item.supplement("PublicAccessBlockConfiguration").map_or_else(PublicAccessBlock::default, |block| block_of(&block))
}

/// What is blocked for all buckets of the account.
pub(crate) fn account_block(inventory: &dyn Inventory) -> Result<PublicAccessBlock, Verdict> {
    match inventory.account_public_access_block() {
        Asked::Known(block) => Ok(block),
        Asked::Nothing => Ok(PublicAccessBlock::default()),
        Asked::Unknown => Err(Verdict::insufficient_data("What is blocked for the account is not known.")),
    }
}

/// The flags of a block, with the names that items use.
pub(crate) fn block_of(value: &Value) -> PublicAccessBlock {
    let flag = |key| item::at(value, key).and_then(item::as_flag).unwrap_or_default();
    PublicAccessBlock {
        block_acls: flag("blockPublicAcls"),
        ignore_acls: flag("ignorePublicAcls"),
        block_policy: flag("blockPublicPolicy"),
        restrict_buckets: flag("restrictPublicBuckets"),
    }
}

/// Whether the account's flags are those of parameters with S3's names; a flag that is not named must be set.
pub(crate) fn judge_account_block(block: PublicAccessBlock, parameters: &Parameters) -> Verdict {
    let flags = [
        ("BlockPublicAcls", block.block_acls),
        ("IgnorePublicAcls", block.ignore_acls),
        ("BlockPublicPolicy", block.block_policy),
        ("RestrictPublicBuckets", block.restrict_buckets),
    ];
    let is_wanted = |name| parameters.text(name).is_none() || parameters.is_true(name);
    let wrong = flags.into_iter().find(|(name, is_set)| *is_set != is_wanted(name));
    Verdict::of(wrong.map(|(name, is_set)| format!("{name} is {is_set} for the account.")))
}

#[cfg(test)]
pub(crate) mod examples {
    use serde_json::json;

    use super::*;
    use crate::rule::shelf;

    /// The id of who owns the bucket `acme`.
    pub(crate) const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

    /// The bucket `acme` as it is when nothing was set, but for what is given; null takes away.
    pub(crate) fn bucket(supplements: Value) -> Item {
        let configuration = json!({
            "name": "acme",
            "owner": { "displayName": null, "id": OWNER },
            "creationDate": "2026-01-02T03:04:05.000Z",
        });
        let mut item = shelf::item(BUCKET, "acme", configuration);
        item.resource_name = Some("acme".to_owned());
        item.arn = Some("arn:aws:s3:::acme".to_owned());
        let own = acl(json!([{ "grantee": { "id": OWNER, "displayName": null }, "permission": "FullControl" }]));
        let always = json!({
            "AccessControlList": own,
            "BucketAccelerateConfiguration": { "status": null },
            "BucketLoggingConfiguration": { "destinationBucketName": null, "logFilePrefix": null },
            "BucketNotificationConfiguration": { "configurations": {} },
            "BucketPolicy": { "policyText": null },
            "BucketVersioningConfiguration": { "status": "Off", "isMfaDeleteEnabled": null },
            "IsRequesterPaysEnabled": false,
        });
        for values in [always, supplements] {
            for (key, value) in values.as_object().unwrap() {
                item.supplementary.insert(key.clone(), value.clone());
            }
        }
        item
    }

    /// An access control list, which is JSON within a string.
    pub(crate) fn acl(grants: Value) -> Value {
        let list = json!({
            "grantSet": null,
            "grantList": grants,
            "owner": { "displayName": null, "id": OWNER },
            "isRequesterCharged": false,
        });
        json!(list.to_string())
    }

    /// The bucket `acme` with a policy of one statement or several.
    pub(crate) fn bucket_with_policy(statements: Value) -> Item {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        bucket(json!({ "BucketPolicy": { "policyText": text } }))
    }
}
