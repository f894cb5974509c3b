//! What selectors look at in an event's record.

use std::borrow::Cow;

use serde::Deserialize;

/// A class of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// Control plane.
    Management,
    /// Data plane.
    Data,
    /// Calls through a VPC endpoint, as its owner sees them.
    NetworkActivity,
}

impl Category {
    /// The name in `eventCategory`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Management => "Management",
            Self::Data => "Data",
            Self::NetworkActivity => "NetworkActivity",
        }
    }

    /// The category of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Management, Self::Data, Self::NetworkActivity].into_iter().find(|category| category.as_str() == name)
    }
}

/// A resource that a record names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct EventResource<'a> {
    /// Such as `AWS::S3::Object`.
    #[serde(rename = "type", borrow, default)]
    pub resource_type: Cow<'a, str>,
    /// `ARN`, or the `ARNPrefix` of calls that touch many.
    #[serde(rename = "ARN", alias = "ARNPrefix", borrow)]
    pub arn: Option<Cow<'a, str>>,
}

/// What selectors look at. Borrowed from the record where its text needs no unescaping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts<'a> {
    /// `eventCategory`
    #[serde(borrow, default)]
    pub event_category: Cow<'a, str>,
    /// `readOnly`; network activity has none.
    pub read_only: Option<bool>,
    /// `eventSource`
    #[serde(borrow, default)]
    pub event_source: Cow<'a, str>,
    /// `eventName`
    #[serde(borrow, default)]
    pub event_name: Cow<'a, str>,
    /// `eventType`
    #[serde(borrow, default)]
    pub event_type: Cow<'a, str>,
    /// `errorCode`
    #[serde(borrow)]
    pub error_code: Option<Cow<'a, str>>,
    /// `vpcEndpointId`
    #[serde(borrow)]
    pub vpc_endpoint_id: Option<Cow<'a, str>>,
    /// `sessionCredentialFromConsole`: the text `true`, or nothing.
    #[serde(borrow)]
    pub session_credential_from_console: Option<Cow<'a, str>>,
    /// `resources`
    #[serde(borrow, default)]
    pub resources: Vec<EventResource<'a>>,
    /// `userIdentity`
    #[serde(borrow, default)]
    pub user_identity: Identity<'a>,
}

/// Of `userIdentity`, what selectors look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Identity<'a> {
    /// `arn`
    #[serde(borrow)]
    pub arn: Option<Cow<'a, str>>,
}

impl<'a> Facts<'a> {
    /// The facts of a record, given as JSON.
    ///
    /// # Errors
    /// The record is no record.
    pub fn of_record(record: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(record)
    }

    /// The event's class; `None` for one that no selector of a trail takes.
    pub fn category(&self) -> Option<Category> {
        Category::parse(&self.event_category)
    }

    /// The value of a field outside `resources`.
    pub(super) fn value(&self, field: &str) -> Option<&str> {
        match field {
            "eventCategory" => Some(&self.event_category),
            "readOnly" => self.read_only.map(|read_only| if read_only { "true" } else { "false" }),
            "eventSource" => Some(&self.event_source),
            "eventName" => Some(&self.event_name),
            "eventType" => Some(&self.event_type),
            "errorCode" => self.error_code.as_deref(),
            "vpcEndpointId" => self.vpc_endpoint_id.as_deref(),
            "sessionCredentialFromConsole" => self.session_credential_from_console.as_deref(),
            "userIdentity.arn" => self.user_identity.arn.as_deref(),
            _ => None,
        }
    }
}
