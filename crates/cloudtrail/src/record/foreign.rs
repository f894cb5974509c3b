//! The record of a call that did not come through the request pipeline, as those of S3 do not: whoever took it in says
//! what it was (cloudtrail.md §1.8, §2.6).

use api::CallContext;
use base::{AccountId, Region, Timestamp};
use serde_json::{Value as Json, json};
use store::trail_event::TrailEvent;

use super::{EVENT_VERSION, Record, cut, identity, limited, session_credential_from_console, tls_details};
use crate::record::resources::Found;

/// A call that has ended.
#[derive(Clone, Debug)]
pub struct ForeignCall<'a> {
    /// The circumstances, with the caller as far as known.
    pub cx: &'a CallContext,
    /// What the record says of the caller.
    pub shown: CallerShown,
    /// Such as `s3.amazonaws.com`.
    pub event_source: &'a str,
    /// Such as `CreateBucket`.
    pub event_name: &'a str,
    /// What brought the event about.
    pub cause: Cause,
    /// The class of event.
    pub class: Class,
    /// Whether it only reads.
    pub read_only: bool,
    /// Where it acted; of a call to a global service the partition's global region.
    pub region: &'a Region,
    /// Where its event shows.
    pub reach: Reach,
    /// Whose event it is.
    pub recipient: &'a AccountId,
    /// What the copies of the event have in common that several accounts get.
    pub shared_event_id: Option<String>,
    /// The code and the message of an error.
    pub error: Option<(&'a str, &'a str)>,
    /// `requestParameters`
    pub request_parameters: Json,
    /// `responseElements`
    pub response_elements: Json,
    /// `additionalEventData`
    pub additional_event_data: Option<Json>,
    /// `serviceEventDetails`, of what a service did (cloudtrail.md §1.1).
    pub service_event_details: Option<Json>,
    /// `requestID`: the id that whoever served the call gave it, where that is known.
    pub request_id: Option<&'a str>,
    /// `resources`
    pub resources: Option<Json>,
    /// What look-ups find it by.
    pub found_by: Vec<Found>,
    /// When the call completed.
    pub completed: Timestamp,
}

/// What a record says of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerShown {
    /// Who it is.
    Whole,
    /// Its account, as another account's record says it (cloudtrail.md §2.5).
    Account,
    /// Nobody said who calls, and the call was let in all the same or refused for that.
    Anonymous,
    /// A service of this name, such as `sns.amazonaws.com`, which stands for the address and the user agent too
    /// (cloudtrail.md §1.1, §1.3).
    Service(&'static str),
}

/// Where an event shows (cloudtrail.md §2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// In its region.
    Regional,
    /// In every region, for the trails that include the events of global services.
    Global,
}

/// What brings an event about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A call: `AwsApiCall`.
    Call,
    /// What a service does because of a call: `AwsServiceEvent`.
    Service,
}

/// The class of event (cloudtrail.md §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Control plane: always in the event history.
    Management,
    /// Data plane: for the trails that select it.
    Data,
}

/// The audit event of this call, ready to be stored.
pub fn build(call: ForeignCall<'_>, event_id: String) -> TrailEvent {
    let ForeignCall { cx, .. } = call;
    let is_management = call.class == Class::Management;
    let user_identity = match call.shown {
        CallerShown::Anonymous => json!({"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}),
        CallerShown::Account => identity::of_account(&cx.principal),
        CallerShown::Whole => identity::user_identity(&cx.principal, cx.partition),
        CallerShown::Service(name) => json!({"type": "AWSService", "invokedBy": name}),
    };
    let (caller, from) = match call.shown {
        CallerShown::Whole | CallerShown::Anonymous => (Some(&cx.principal), None),
        CallerShown::Account => (None, None),
        CallerShown::Service(name) => (None, Some(name)),
    };
    let record = Record {
        event_version: EVENT_VERSION,
        user_identity,
        event_time: call.completed.iso_secs(),
        event_source: call.event_source,
        event_name: call.event_name,
        aws_region: call.region.as_str(),
        source_ip_address: from.unwrap_or(&cx.source_ip),
        user_agent: cut(from.unwrap_or(&cx.user_agent)),
        error_code: call.error.map(|(code, _)| cut(code)),
        // Some errors come without a text (cloudtrail.md §1.1).
        error_message: call.error.map(|(_, message)| cut(message)).filter(|message| !message.is_empty()),
        request_parameters: limited("requestParameters", call.request_parameters),
        response_elements: limited("responseElements", call.response_elements),
        additional_event_data: call.additional_event_data,
        request_id: call.request_id.map(cut),
        event_id: &event_id,
        read_only: call.read_only,
        resources: call.resources,
        event_type: match call.cause {
            Cause::Call => "AwsApiCall",
            Cause::Service => "AwsServiceEvent",
        },
        management_event: is_management,
        recipient_account_id: call.recipient.as_str(),
        shared_event_id: call.shared_event_id.as_deref(),
        service_event_details: call.service_event_details.map(|details| limited("serviceEventDetails", details)),
        event_category: if is_management { "Management" } else { "Data" },
        // Absent of what services do (cloudtrail.md §1.1).
        tls_details: if from.is_some() { None } else { tls_details(cx) },
        session_credential_from_console: if from.is_some() { None } else { session_credential_from_console(cx) },
    };
    let text = serde_json::to_string(&record).expect("a record has only text keys");
    TrailEvent {
        account: call.recipient.clone(),
        region: call.region.clone(),
        global: call.reach == Reach::Global,
        time: call.completed,
        event_name: call.event_name.to_owned(),
        event_source: call.event_source.to_owned(),
        read_only: call.read_only,
        username: caller.and_then(identity::username),
        access_key_id: caller.and_then(|caller| caller.access_key_id().map(str::to_owned)),
        resources: call.found_by,
        event_id,
        record: text,
    }
}

#[cfg(test)]
mod tests;
