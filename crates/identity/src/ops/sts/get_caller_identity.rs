//! `GetCallerIdentity`: says who the caller is. It takes no permission.

use api::sts::types;
use api::{CallContext, ServiceError};

use crate::sts::Sts;

pub(super) async fn get_caller_identity(
    _sts: &Sts,
    cx: &CallContext,
    _input: types::GetCallerIdentityRequest,
) -> Result<types::GetCallerIdentityResponse, ServiceError> {
    Ok(types::GetCallerIdentityResponse {
        user_id: cx.principal.id(),
        account: Some(cx.account().to_string()),
        arn: cx.principal.arn(cx.partition).map(|arn| arn.to_string()),
    })
}
