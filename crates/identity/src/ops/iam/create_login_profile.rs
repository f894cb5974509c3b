//! `CreateLoginProfile`: gives a user a password; without a name, the caller.

use api::iam::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::login_profiles::{ensure_acceptable, holder, seal_name, shape};
use crate::record::LoginProfile;
use crate::secrets::Secret;

pub(super) async fn create_login_profile(
    iam: &Iam,
    cx: &CallContext,
    input: types::CreateLoginProfileRequest,
) -> Result<types::CreateLoginProfileResponse, ServiceError> {
    // AWS takes no password from root's `AssumeRoot` sessions alone, which are not there.
    let password = input.password.ok_or_else(|| ServiceError::validation("Must specify a password."))?;
    let password = Secret::from(password);
    let meant = holder(iam, cx, input.user_name.clone())?;
    ensure_acceptable(iam, cx, &meant, None, &password).await?;
    let name = seal_name(cx.account(), &meant.key.name);
    let profile = LoginProfile {
        created: cx.now.truncate_to_secs(),
        reset_required: input.password_reset_required.unwrap_or_default(),
        last_used: None,
        hash: iam.passwords.hash(&password, &name).await,
        replaced: None,
        previous: Vec::new(),
    };
    iam.change(|| {
        let holder = holder(iam, cx, input.user_name.clone())?;
        // A new user of the same name is another one, for whom the hash was not sealed.
        if holder.key != meant.key || iam.catalog.get::<LoginProfile>(&holder.key).is_some() {
            let message = format!("Login Profile for user {} already exists.", holder.name);
            return Err(errors::entity_already_exists_exception(message));
        }
        let mut transaction = Transaction::default();
        holder.hold(&mut transaction);
        transaction.create(holder.key.clone(), &profile);
        let login_profile = shape(&holder, &profile);
        Ok((transaction, types::CreateLoginProfileResponse { login_profile }))
    })
    .await
}
