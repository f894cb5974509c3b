//! `UpdateLoginProfile`: gives a user another password, or says whether it must be changed.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::login_profiles::{ensure_acceptable, existing, holder, seal_name};
use crate::secrets::Secret;

pub(super) async fn update_login_profile(
    iam: &Iam,
    cx: &CallContext,
    input: types::UpdateLoginProfileRequest,
) -> Result<Unit, ServiceError> {
    let meant = holder(iam, cx, Some(input.user_name.clone()))?;
    let hash = match input.password {
        Some(password) => {
            let password = Secret::from(password);
            let present = existing(iam, &meant)?;
            ensure_acceptable(iam, cx, &meant, Some(&present.value), &password).await?;
            let name = seal_name(cx.account(), &meant.key.name);
            Some(iam.passwords.hash(&password, &name).await)
        }
        None => None,
    };
    iam.change(|| {
        let found = existing(iam, &meant)?;
        let mut profile = found.value.as_ref().clone();
        if let Some(hash) = &hash {
            profile.replace(hash.clone(), cx.now);
        }
        profile.reset_required = input.password_reset_required.unwrap_or(profile.reset_required);
        let mut transaction = Transaction::default();
        transaction.update(meant.key.clone(), found.version, &profile);
        Ok((transaction, Unit))
    })
    .await
}
