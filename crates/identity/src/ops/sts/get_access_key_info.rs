//! `GetAccessKeyInfo`: the account that an access key id belongs to.

use api::sts::types;
use api::{CallContext, ServiceError};

use crate::sts::Sts;
use crate::sts::session_input::invalid_parameter;

pub(super) async fn get_access_key_info(
    sts: &Sts,
    _cx: &CallContext,
    input: types::GetAccessKeyInfoRequest,
) -> Result<types::GetAccessKeyInfoResponse, ServiceError> {
    match sts.authenticator.account_of_key(&input.access_key_id) {
        Some(account) => Ok(types::GetAccessKeyInfoResponse { account: Some(account.to_string()) }),
        None => Err(invalid_parameter("The access key id does not belong to an account of this server.")),
    }
}
