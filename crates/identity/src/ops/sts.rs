//! STS's operations, one file each.

use api::{OperationTable, operations, sts::*};

use crate::sts::Sts;

mod assume_role;
mod get_access_key_info;
mod get_caller_identity;
mod get_session_token;

/// The table of operations: a line here, a file beside it.
pub(crate) fn table() -> OperationTable<Sts> {
    operations! { Sts;
        AssumeRole => assume_role::assume_role;
        GetAccessKeyInfo => get_access_key_info::get_access_key_info;
        GetCallerIdentity => get_caller_identity::get_caller_identity;
        GetSessionToken => get_session_token::get_session_token;
    }
}
