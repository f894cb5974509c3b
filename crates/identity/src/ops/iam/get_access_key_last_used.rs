//! `GetAccessKeyLastUsed`: says when an access key was last used, and for what.

use api::iam::types;
use api::{CallContext, ServiceError};
use store::catalog::Key;

use crate::iam::Iam;
use crate::iam::access_keys;
use crate::record::AccessKey;

pub(super) async fn get_access_key_last_used(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetAccessKeyLastUsedRequest,
) -> Result<types::GetAccessKeyLastUsedResponse, ServiceError> {
    let key = Key::global(cx.account(), input.access_key_id.as_str());
    let found = iam.catalog.get::<AccessKey>(&key).ok_or_else(|| access_keys::not_found(&input.access_key_id))?;
    let used = iam.authenticator.last_used(cx.account(), &found.value.id);
    Ok(types::GetAccessKeyLastUsedResponse {
        user_name: Some(access_keys::owner_name(iam, cx, &found.value.owner)),
        access_key_last_used: Some(match used {
            Some(used) => types::AccessKeyLastUsed {
                last_used_date: Some(used.at.truncate_to_secs()),
                service_name: used.service,
                region: used.region,
            },
            None => types::AccessKeyLastUsed {
                last_used_date: None,
                service_name: "N/A".to_owned(),
                region: "N/A".to_owned(),
            },
        }),
    })
}
