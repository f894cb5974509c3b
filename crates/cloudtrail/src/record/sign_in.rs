//! The records of a sign-in to the console, which is no call of an API (cloudtrail.md §1.10).

use api::CallContext;
use base::{AccountId, Arn, Partition, Region, Timestamp};
use serde_json::{Value as Json, json};
use store::trail_event::TrailEvent;

use super::parameters::HIDDEN;
use super::{EVENT_VERSION, Record, cut, tls_details};

const EVENT_SOURCE: &str = "signin.amazonaws.com";
/// Regional sign-in endpoints are `REGION.signin.aws.amazon.com`, in other partitions with another ending.
const REGIONAL_HOST: &str = ".signin.";

/// A step of a sign-in that has ended.
#[derive(Clone, Debug)]
pub struct SignInStep<'a> {
    /// The circumstances; who calls is not known from them.
    pub cx: &'a CallContext,
    /// Whom it is about.
    pub who: SignInWho<'a>,
    /// What it was.
    pub kind: SignInKind<'a>,
    /// When it was over.
    pub completed: Timestamp,
}

/// Whom somebody wanted to sign in as.
#[derive(Clone, Copy, Debug)]
pub enum SignInWho<'a> {
    /// The account's root.
    Root(&'a AccountId),
    /// A user of the account.
    User {
        /// The account.
        account: &'a AccountId,
        /// `AIDA…`
        id: &'a str,
        /// The name.
        name: &'a str,
        /// The path.
        path: &'a str,
    },
    /// The account has no such user. What was given may be a password in the wrong field, so it is never written.
    Nobody(&'a AccountId),
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum SignInKind<'a> {
    /// The password was right, and so many second factors are there to be asked for (`CheckMfa`).
    MfaAsked(usize),
    /// A session began (`ConsoleLogin`).
    Success {
        /// The serial number of the second factor that was used.
        mfa_serial_number: Option<&'a str>,
    },
    /// None did (`ConsoleLogin`).
    Failure {
        /// Whether a second factor's code was given.
        mfa: MfaGiven,
    },
}

/// Whether a second factor's code was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MfaGiven {
    /// It was.
    Yes,
    /// It was not.
    No,
}

impl SignInWho<'_> {
    fn account(&self) -> &AccountId {
        match self {
            Self::Root(account) | Self::Nobody(account) | Self::User { account, .. } => account,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Root(_) => "root",
            Self::User { name, .. } => name,
            Self::Nobody(_) => HIDDEN,
        }
    }

    /// A user's ARN stands in the record of a success alone (recorded).
    fn user_identity(&self, partition: Partition, kind: SignInKind<'_>) -> Json {
        let account = self.account();
        let arn = |resource: String| {
            let (partition, account) = (partition.as_str().to_owned(), account.to_string());
            Arn { partition, service: "iam".to_owned(), region: String::new(), account, resource }.to_string()
        };
        match self {
            Self::Root(_) => json!({
                "type": "Root",
                "principalId": account.as_str(),
                "arn": arn("root".to_owned()),
                "accountId": account.as_str(),
                "accessKeyId": "",
            }),
            Self::User { id, name, path, .. } if matches!(kind, SignInKind::Success { .. }) => json!({
                "type": "IAMUser",
                "principalId": id,
                "arn": arn(format!("user{path}{name}")),
                "accountId": account.as_str(),
                "userName": name,
            }),
            Self::User { id, name, .. } => json!({
                "type": "IAMUser",
                "principalId": id,
                "accountId": account.as_str(),
                "accessKeyId": "",
                "userName": name,
            }),
            Self::Nobody(_) => json!({
                "type": "IAMUser",
                "accountId": account.as_str(),
                "accessKeyId": "",
                "userName": HIDDEN,
            }),
        }
    }
}

/// The audit event of this step, ready to be stored.
pub fn build(step: &SignInStep<'_>, event_id: String) -> TrailEvent {
    let SignInStep { cx, who, kind, completed } = step;
    let event_name = match kind {
        SignInKind::MfaAsked(_) => "CheckMfa",
        SignInKind::Success { .. } | SignInKind::Failure { .. } => "ConsoleLogin",
    };
    let regional = regional_endpoint(cx, *who);
    let is_global = regional.is_none();
    let region = regional.unwrap_or_else(|| cx.partition.global_region());
    let outcome = if matches!(kind, SignInKind::Failure { .. }) { "Failure" } else { "Success" };
    let record = Record {
        event_version: EVENT_VERSION,
        user_identity: who.user_identity(cx.partition, *kind),
        event_time: completed.iso_secs(),
        event_source: EVENT_SOURCE,
        event_name,
        aws_region: region.as_str(),
        source_ip_address: &cx.source_ip,
        user_agent: cut(&cx.user_agent),
        error_code: None,
        error_message: error_message(*who, *kind).map(str::to_owned),
        request_parameters: Json::Null,
        response_elements: json!({ event_name: outcome }),
        additional_event_data: Some(additional_event_data(cx, *kind)),
        request_id: None,
        event_id: &event_id,
        read_only: false,
        resources: None,
        event_type: "AwsConsoleSignIn",
        management_event: true,
        recipient_account_id: who.account().as_str(),
        shared_event_id: None,
        service_event_details: None,
        event_category: "Management",
        tls_details: tls_details(cx),
        session_credential_from_console: None,
    };
    let text = serde_json::to_string(&record).expect("a record has only text keys");
    TrailEvent {
        account: who.account().clone(),
        global: is_global,
        time: *completed,
        event_name: event_name.to_owned(),
        event_source: EVENT_SOURCE.to_owned(),
        read_only: false,
        username: Some(who.name().to_owned()),
        access_key_id: None,
        resources: Vec::new(),
        record: text,
        region,
        event_id,
    }
}

/// The region of the endpoint that a user signed in at; root always signs in at the global one (cloudtrail.md §1.10).
fn regional_endpoint(cx: &CallContext, who: SignInWho<'_>) -> Option<Region> {
    if matches!(who, SignInWho::Root(_)) {
        return None;
    }
    let (region, _) = cx.host.split_once(REGIONAL_HOST)?;
    region.parse().ok()
}

fn error_message(who: SignInWho<'_>, kind: SignInKind<'_>) -> Option<&'static str> {
    match (kind, who) {
        (SignInKind::Failure { .. }, SignInWho::Nobody(_)) => Some("No username found in supplied account"),
        (SignInKind::Failure { .. }, _) => Some("Failed authentication"),
        (SignInKind::MfaAsked(_) | SignInKind::Success { .. }, _) => None,
    }
}

fn additional_event_data(cx: &CallContext, kind: SignInKind<'_>) -> Json {
    let scheme = if cx.tls.is_some() { "https" } else { "http" };
    // Where the client goes on is its own affair; it is this server in any case.
    let login_to = cut(&format!("{scheme}://{}/", cx.host));
    match kind {
        SignInKind::MfaAsked(1) => json!({ "MfaType": "Virtual MFA" }),
        SignInKind::MfaAsked(_) => json!({ "MfaType": "Multiple MFA Devices" }),
        SignInKind::Success { mfa_serial_number: Some(serial_number) } => json!({
            "LoginTo": login_to,
            "MobileVersion": "No",
            "MFAIdentifier": serial_number,
            "MFAUsed": "Yes",
        }),
        SignInKind::Success { mfa_serial_number: None } | SignInKind::Failure { mfa: MfaGiven::No } => {
            json!({ "LoginTo": login_to, "MobileVersion": "No", "MFAUsed": "No" })
        }
        SignInKind::Failure { mfa: MfaGiven::Yes } => {
            json!({ "LoginTo": login_to, "MobileVersion": "No", "MFAUsed": "Yes" })
        }
    }
}

#[cfg(test)]
mod tests;
