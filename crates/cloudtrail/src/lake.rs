//! CloudTrail Lake: event data stores, which keep copies of events, and channels, through which events of others come
//! (cloudtrail.md §7, [ADR 10](../../../docs/adr/0010-event-data-stores.md)).

pub(crate) mod changes;
pub(crate) mod channel_settings;
pub(crate) mod channels;
pub(crate) mod configuration;
pub mod engine;
pub mod imports;
pub mod ingest;
pub(crate) mod keep;
pub(crate) mod page;
pub(crate) mod policies;
pub mod queries;
pub mod remove;
pub(crate) mod sample_queries;
pub(crate) mod shapes;
pub(crate) mod store_settings;
pub(crate) mod stores;

use api::CallContext;
use base::{Arn, Scope};

/// Days that a deleted store can be restored for (cloudtrail.md §7.1).
pub(crate) const RESTORABLE_DAYS: i64 = 7;

/// The ARN of something of Lake; `resource` ends in a slash.
pub(crate) fn arn(scope: &Scope, resource: &str, id: &str) -> String {
    Arn {
        partition: scope.region.partition().as_str().to_owned(),
        service: "cloudtrail".to_owned(),
        region: scope.region.to_string(),
        account: scope.account.to_string(),
        resource: format!("{resource}{id}"),
    }
    .to_string()
}

/// The scope and the id of an ARN of this resource, or of an id alone, which is one of the caller's; none for what can be
/// neither.
pub(crate) fn parse(cx: &CallContext, resource: &str, text: &str) -> Option<(Scope, String)> {
    if !text.starts_with("arn:") {
        return is_id(text).then(|| (cx.scope(), text.to_ascii_lowercase()));
    }
    let parsed: Arn = text.parse().ok()?;
    let id = parsed.resource.strip_prefix(resource).filter(|id| parsed.service == "cloudtrail" && is_id(id))?;
    let scope = Scope { account: parsed.account.parse().ok()?, region: parsed.region.parse().ok()? };
    (parsed.partition == scope.region.partition().as_str()).then(|| (scope, id.to_ascii_lowercase()))
}

/// Whether a text has the form of a UUID.
fn is_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
