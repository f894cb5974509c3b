//! `DeleteLoginProfile`: takes a user's password away; without a name, the caller's.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::login_profiles::{existing, holder};
use crate::record::LoginProfile;

pub(super) async fn delete_login_profile(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteLoginProfileRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let holder = holder(iam, cx, input.user_name.clone())?;
        let found = existing(iam, &holder)?;
        let mut transaction = Transaction::default();
        transaction.delete::<LoginProfile>(holder.key, found.version);
        Ok((transaction, Unit))
    })
    .await
}
