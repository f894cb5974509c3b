//! `GetSessionToken`: temporary credentials for the caller itself.

use api::sts::types;
use api::{CallContext, Principal, ServiceError};

use crate::record::fold;
use crate::session::{Session, Subject};
use crate::sts::Sts;
use crate::sts::second_factor::SecondFactor;

/// The default for users, 12 hours (documented).
const USER_SECS: i64 = 43_200;
/// The longest for root, and its default, 1 hour (documented).
const ROOT_SECS: i64 = 3600;

pub(super) async fn get_session_token(
    sts: &Sts,
    cx: &CallContext,
    input: types::GetSessionTokenRequest,
) -> Result<types::GetSessionTokenResponse, ServiceError> {
    if cx.principal.session().is_some() {
        let message = "Cannot call GetSessionToken with session credentials";
        return Err(ServiceError::common("AccessDenied", "AccessDenied", 403, message));
    }
    let factor = sts.second_factor(cx, input.serial_number.as_deref(), input.token_code).await?;
    let asked = input.duration_seconds.map(i64::from);
    let (subject, secs) = match &cx.principal {
        Principal::User { name, user_id, .. } => {
            (Subject::User { key: fold(name), id: user_id.clone() }, asked.unwrap_or(USER_SECS))
        }
        // Longer wishes of root are cut to one hour (documented).
        _ => (Subject::Root, asked.unwrap_or(ROOT_SECS).min(ROOT_SECS)),
    };
    let mut session = Session::new(cx.account().clone(), subject, cx.now, secs, &*sts.entropy);
    session.mfa = factor == SecondFactor::Proved;
    Ok(types::GetSessionTokenResponse { credentials: Some(sts.issue(&session)) })
}

impl Sts {
    /// The credentials of a session as answers give them.
    pub(super) fn issue(&self, session: &Session) -> types::Credentials {
        let issued = session.issue(self.authenticator.keys(), &*self.entropy);
        types::Credentials {
            access_key_id: issued.access_key_id,
            secret_access_key: issued.secret.expose().to_owned(),
            session_token: issued.token,
            expiration: session.expires,
        }
    }
}
