//! `GetLoginProfile`: says that a user has a password; without a name, the caller.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::login_profiles::{existing, holder, shape};

pub(super) async fn get_login_profile(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetLoginProfileRequest,
) -> Result<types::GetLoginProfileResponse, ServiceError> {
    let holder = holder(iam, cx, input.user_name)?;
    let profile = existing(iam, &holder)?;
    Ok(types::GetLoginProfileResponse { login_profile: shape(&holder, &profile.value) })
}
