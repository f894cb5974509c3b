//! `ChangePassword`: gives the calling user another password in place of the one that it knows.

use api::iam::{errors, types};
use api::{CallContext, Principal, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::login_profiles::{ensure_acceptable, existing, holder, seal_name};
use crate::secrets::Secret;

pub(super) async fn change_password(
    iam: &Iam,
    cx: &CallContext,
    input: types::ChangePasswordRequest,
) -> Result<Unit, ServiceError> {
    if !matches!(cx.principal, Principal::User { .. }) {
        return Err(errors::invalid_user_type_exception("Only IAM Users can change their own password"));
    }
    let (old, new) = (Secret::from(input.old_password), Secret::from(input.new_password));
    let holder = holder(iam, cx, None)?;
    let name = seal_name(cx.account(), &holder.key.name);
    let checked = existing(iam, &holder)?;
    let wrong = || ServiceError::common("AccessDenied", "AccessDenied", 403, "The old password was incorrect.");
    if !iam.passwords.matches(&old, Some(&checked.value.hash), &name).await {
        return Err(wrong());
    }
    ensure_acceptable(iam, cx, &holder, Some(&checked.value), &new).await?;
    let hash = iam.passwords.hash(&new, &name).await;
    iam.change(|| {
        let found = existing(iam, &holder)?;
        if found.value.hash != checked.value.hash {
            // Somebody else changed it since it was compared.
            return Err(wrong());
        }
        let mut profile = found.value.as_ref().clone();
        profile.replace(hash.clone(), cx.now);
        profile.reset_required = false;
        let mut transaction = Transaction::default();
        transaction.update(holder.key.clone(), found.version, &profile);
        Ok((transaction, Unit))
    })
    .await
}
