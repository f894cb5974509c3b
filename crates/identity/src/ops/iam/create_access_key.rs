//! `CreateAccessKey`: creates an access key for a user; without a name, for the caller.

use api::iam::{errors, types};
use api::{CallContext, ServiceError};
use base::id::{IdKind, secret_key, unique_id};
use store::catalog::{Key, Transaction};

use crate::iam::Iam;
use crate::iam::access_keys;
use crate::iam::change::touch;
use crate::record::{AccessKey, Owner, User};
use crate::secrets::Secret;

pub(super) async fn create_access_key(
    iam: &Iam,
    cx: &CallContext,
    input: types::CreateAccessKeyRequest,
) -> Result<types::CreateAccessKeyResponse, ServiceError> {
    let id = unique_id(IdKind::AccessKey, cx.account(), &*iam.entropy);
    let secret = Secret::from(secret_key(&*iam.entropy));
    let sealed = iam.authenticator.keys().seal(&secret, &id, &*iam.entropy);
    let created = cx.now.truncate_to_secs();
    let user_name = iam
        .change(|| {
            let mut transaction = Transaction::default();
            let (owner, user_name) = access_keys::owner(iam, cx, input.user_name.clone())?;
            if let Owner::User(key) = &owner {
                // Two keys made at once must not both find room for one.
                let key = Key::global(cx.account(), key.as_str());
                let user = iam.catalog.get::<User>(&key).ok_or_else(|| access_keys::no_user(&user_name))?;
                touch(&mut transaction, key, &user);
            }
            if access_keys::of(iam, cx, &owner).len() >= access_keys::PER_USER_MAX {
                let message = format!("Cannot exceed quota for AccessKeysPerUser: {}", access_keys::PER_USER_MAX);
                return Err(errors::limit_exceeded_exception(message));
            }
            let record = AccessKey::new(id.clone(), owner, created, sealed.clone());
            transaction.create(Key::global(cx.account(), id.as_str()), &record);
            Ok((transaction, user_name))
        })
        .await?;
    Ok(types::CreateAccessKeyResponse {
        access_key: types::AccessKey {
            user_name,
            access_key_id: id.clone(),
            status: types::StatusType::Active,
            secret_access_key: secret.expose().to_owned(),
            create_date: Some(created),
        },
    })
}
