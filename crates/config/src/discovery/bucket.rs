//! What AWS Config shows of a bucket (config.md §2.6): not what S3's operations answer, but what an old SDK made of it.
//!
//! Most of it is there whether or not it is set, so each maker gives what stands for nothing too.

use serde_json::{Map, Value, json};

use super::datum::{Casing, Datum, Times};
use super::path;
use super::shaping::Through;

/// The maker of this name.
pub(super) fn through(name: &str) -> Option<Through> {
    Some(match name {
        "acl" => acl,
        "acceleration" => |read| Some(json!({"status": text(read, "Status")})),
        "logging" => |read| {
            let (bucket, prefix) = ("LoggingEnabled.TargetBucket", "LoggingEnabled.TargetPrefix");
            Some(json!({"destinationBucketName": text(read, bucket), "logFilePrefix": text(read, prefix)}))
        },
        "notification" => notification,
        "bucket_policy" => |read| Some(json!({"policyText": text(read, "Policy")})),
        "versioning" => versioning,
        "payer" => |read| Some(json!(read.and_then(Datum::as_text).as_deref() == Some("Requester"))),
        "tagging" => tagging,
        "lifecycle" => lifecycle,
        "cors" => cors,
        "replication" => replication,
        "website" => website,
        "encryption" => encryption,
        "access_block" => access_block,
        "object_lock" => object_lock,
        _ => return None,
    })
}

/// The owner is `{displayName, id}`; the name is null where S3 does not tell it, as it does no longer.
pub(super) fn shape(configuration: &mut Value) {
    if let Some(owner) = configuration.get_mut("owner") {
        *owner = json!({"displayName": owner["displayName"], "id": owner["iD"]});
    }
}

fn text(read: Option<&Datum>, at: &str) -> Option<String> {
    path::text(read?, at)
}

fn plain(read: &Datum, at: &str) -> Value {
    path::at(read, at).first().map_or(Value::Null, |found| found.spelled(Casing::LowerFirst, Times::Text))
}

fn all<'d>(read: &'d Datum, at: &str) -> Vec<&'d Datum> {
    path::at(read, at)
}

/// JSON within a string: so it is at AWS.
fn acl(read: Option<&Datum>) -> Option<Value> {
    let read = read?;
    let grants = all(read, "Acl.Grants[]").into_iter().map(|grant| {
        let group = path::texts(grant, "Grantee.URI/").pop();
        let grantee = match group.as_deref() {
            Some("AllUsers") => json!("AllUsers"),
            Some("AuthenticatedUsers") => json!("AuthenticatedUsers"),
            Some(_) => json!("LogDelivery"),
            None => json!({"id": plain(grant, "Grantee.ID"), "displayName": plain(grant, "Grantee.DisplayName")}),
        };
        let permission = match path::text(grant, "Permission").as_deref() {
            Some("FULL_CONTROL") => json!("FullControl"),
            Some("READ") => json!("Read"),
            Some("WRITE") => json!("Write"),
            Some("READ_ACP") => json!("ReadAcp"),
            Some("WRITE_ACP") => json!("WriteAcp"),
            other => json!(other),
        };
        json!({"grantee": grantee, "permission": permission})
    });
    let list = json!({
        "grantSet": null,
        "grantList": grants.collect::<Vec<_>>(),
        "owner": {"displayName": plain(read, "Acl.Owner.DisplayName"), "id": plain(read, "Acl.Owner.ID")},
        "isRequesterCharged": text(Some(read), "Payment.Payer").as_deref() == Some("Requester"),
    });
    Some(Value::String(list.to_string()))
}

fn notification(read: Option<&Datum>) -> Option<Value> {
    let mut configurations = Map::new();
    for (list, kind, key, at) in [
        ("TopicConfigurations[]", "TopicConfiguration", "topicARN", "TopicArn"),
        ("QueueConfigurations[]", "QueueConfiguration", "queueARN", "QueueArn"),
        ("LambdaFunctionConfigurations[]", "LambdaConfiguration", "functionARN", "LambdaFunctionArn"),
    ] {
        for found in read.map(|read| all(read, list)).unwrap_or_default() {
            let rules = all(found, "Filter.Key.FilterRules[]")
                .into_iter()
                .map(|rule| json!({"name": plain(rule, "Name"), "value": plain(rule, "Value")}));
            let rules: Vec<Value> = rules.collect();
            let filter = match rules.is_empty() {
                true => Value::Null,
                false => json!({"s3KeyFilter": {"filterRules": rules}}),
            };
            let value = json!({
                "type": kind,
                key: plain(found, at),
                "events": path::texts(found, "Events[]"),
                "objectPrefixes": [],
                "filter": filter,
            });
            configurations.insert(path::text(found, "Id").unwrap_or_default(), value);
        }
    }
    Some(json!({"configurations": configurations}))
}

fn versioning(read: Option<&Datum>) -> Option<Value> {
    let status = text(read, "Status").unwrap_or_else(|| "Off".to_owned());
    let is_mfa_delete = text(read, "MFADelete").map(|word| word == "Enabled");
    Some(json!({"status": status, "isMfaDeleteEnabled": is_mfa_delete}))
}

fn tagging(read: Option<&Datum>) -> Option<Value> {
    let tags = read?.elements().iter().filter_map(|tag| {
        let value = path::text(tag, "Value").unwrap_or_default();
        Some((path::text(tag, "Key")?, Value::String(value)))
    });
    let tags: Map<String, Value> = tags.collect();
    (!tags.is_empty()).then(|| json!({"tagSets": [{"tags": tags}]}))
}

fn lifecycle(read: Option<&Datum>) -> Option<Value> {
    let rules = all(read?, "Rules[]").into_iter().map(|rule| {
        let number = |at: &str| match plain(rule, at) {
            Value::Null => json!(-1),
            days => days,
        };
        let transitions = all(rule, "Transitions[]").into_iter().map(|to| {
            json!({"days": plain(to, "Days"), "date": plain(to, "Date"), "storageClass": plain(to, "StorageClass")})
        });
        let noncurrent = all(rule, "NoncurrentVersionTransitions[]")
            .into_iter()
            .map(|to| json!({"days": plain(to, "NoncurrentDays"), "storageClass": plain(to, "StorageClass")}));
        let abort = match plain(rule, "AbortIncompleteMultipartUpload.DaysAfterInitiation") {
            Value::Null => Value::Null,
            days => json!({"daysAfterInitiation": days}),
        };
        let marker = plain(rule, "Expiration.ExpiredObjectDeleteMarker");
        json!({
            "id": plain(rule, "ID"),
            "prefix": plain(rule, "Prefix"),
            "status": plain(rule, "Status"),
            "filter": rule.get("Filter").map(|filter| json!({"predicate": predicate(filter)})),
            "expirationInDays": number("Expiration.Days"),
            "expiredObjectDeleteMarker": marker.as_bool().unwrap_or(false),
            "noncurrentVersionExpirationInDays": number("NoncurrentVersionExpiration.NoncurrentDays"),
            "expirationDate": plain(rule, "Expiration.Date"),
            "transitions": unless_empty(transitions.collect()),
            "noncurrentVersionTransitions": unless_empty(noncurrent.collect()),
            "abortIncompleteMultipartUpload": abort,
        })
    });
    let rules: Vec<Value> = rules.collect();
    (!rules.is_empty()).then(|| json!({"rules": rules}))
}

fn unless_empty(values: Vec<Value>) -> Value {
    if values.is_empty() { Value::Null } else { Value::Array(values) }
}

fn predicate(filter: &Datum) -> Value {
    let parts = |of: &Datum, tags: &str| {
        let prefix =
            of.get("Prefix").map(|_| json!({"type": "LifecyclePrefixPredicate", "prefix": plain(of, "Prefix")}));
        let tags = all(of, tags).into_iter().map(|tag| {
            let tag = json!({"key": plain(tag, "Key"), "value": plain(tag, "Value")});
            json!({"type": "LifecycleTagPredicate", "tag": tag})
        });
        prefix.into_iter().chain(tags).collect::<Vec<_>>()
    };
    match filter.get("And") {
        Some(and) => json!({"type": "LifecycleAndOperator", "operands": parts(and, "Tags[]")}),
        None => parts(filter, "Tag").into_iter().next().unwrap_or(Value::Null),
    }
}

fn cors(read: Option<&Datum>) -> Option<Value> {
    let rules = all(read?, "CORSRules[]").into_iter().map(|rule| {
        json!({
            "id": plain(rule, "ID"),
            "allowedMethods": path::texts(rule, "AllowedMethods[]"),
            "allowedOrigins": path::texts(rule, "AllowedOrigins[]"),
            "maxAgeSeconds": plain(rule, "MaxAgeSeconds").as_i64().unwrap_or(0),
            "exposedHeaders": path::texts(rule, "ExposeHeaders[]"),
            "allowedHeaders": path::texts(rule, "AllowedHeaders[]"),
        })
    });
    let rules: Vec<Value> = rules.collect();
    (!rules.is_empty()).then(|| json!({"rules": rules}))
}

fn replication(read: Option<&Datum>) -> Option<Value> {
    let read = read?;
    let rules = all(read, "Rules[]").into_iter().map(|rule| {
        let destination = json!({
            "bucketARN": plain(rule, "Destination.Bucket"),
            "storageClass": plain(rule, "Destination.StorageClass"),
            "Account": plain(rule, "Destination.Account"),
        });
        let prefix = path::text(rule, "Prefix|Filter.Prefix").unwrap_or_default();
        let value = json!({"prefix": prefix, "status": plain(rule, "Status"), "destinationConfig": destination});
        (path::text(rule, "ID").unwrap_or_default(), value)
    });
    let rules: Map<String, Value> = rules.collect();
    (!rules.is_empty()).then(|| json!({"roleARN": plain(read, "Role"), "rules": rules}))
}

fn website(read: Option<&Datum>) -> Option<Value> {
    let read = read?;
    let redirect = read.get("RedirectAllRequestsTo").map(|to| {
        json!({"protocol": plain(to, "Protocol"), "hostName": plain(to, "HostName"), "replaceKeyPrefixWith": null,
               "replaceKeyWith": null, "httpRedirectCode": null})
    });
    let index = plain(read, "IndexDocument.Suffix");
    (!index.is_null() || redirect.is_some()).then(|| {
        json!({
            "indexDocumentSuffix": index,
            "errorDocument": plain(read, "ErrorDocument.Key"),
            "redirectAllRequestsTo": redirect,
            "routingRules": plain(read, "RoutingRules"),
        })
    })
}

fn encryption(read: Option<&Datum>) -> Option<Value> {
    let rules = all(read?, "Rules[]").into_iter().map(|rule| {
        let by = "ApplyServerSideEncryptionByDefault";
        json!({
            "applyServerSideEncryptionByDefault": {
                "sseAlgorithm": plain(rule, &format!("{by}.SSEAlgorithm")),
                "kmsMasterKeyID": plain(rule, &format!("{by}.KMSMasterKeyID")),
            },
            "bucketKeyEnabled": plain(rule, "BucketKeyEnabled").as_bool().unwrap_or(false),
        })
    });
    let rules: Vec<Value> = rules.collect();
    (!rules.is_empty()).then(|| json!({"rules": rules}))
}

fn access_block(read: Option<&Datum>) -> Option<Value> {
    let read = read?;
    let flag = |name: &str| plain(read, name).as_bool().unwrap_or(false);
    Some(json!({
        "blockPublicAcls": flag("BlockPublicAcls"),
        "ignorePublicAcls": flag("IgnorePublicAcls"),
        "blockPublicPolicy": flag("BlockPublicPolicy"),
        "restrictPublicBuckets": flag("RestrictPublicBuckets"),
    }))
}

fn object_lock(read: Option<&Datum>) -> Option<Value> {
    let read = read?;
    let rule = read.get("Rule").map(|rule| {
        let part = |name: &str| plain(rule, &format!("DefaultRetention.{name}"));
        json!({"defaultRetention": {"mode": part("Mode"), "days": part("Days"), "years": part("Years")}})
    });
    read.get("ObjectLockEnabled")
        .map(|enabled| json!({"objectLockEnabled": enabled.spelled(Casing::LowerFirst, Times::Text), "rule": rule}))
}
