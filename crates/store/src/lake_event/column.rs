//! The columns that a scan can read.

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};

use super::schema::SCHEMA;

/// What a scan can read of an event; the names are those of the table's files.
///
/// Members of a record that are neither text, number nor boolean are null; numbers and booleans are their JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum LakeColumn {
    /// The event's time: milliseconds, without a time zone.
    EventTime,
    /// The whole record, JSON text; never null.
    EventJson,
    /// `eventID`
    EventId,
    /// `eventName`
    EventName,
    /// `eventSource`
    EventSource,
    /// `eventVersion`
    EventVersion,
    /// `eventType`
    EventType,
    /// `eventCategory`
    EventCategory,
    /// `awsRegion`
    AwsRegion,
    /// `sourceIPAddress`
    SourceIpAddress,
    /// `userAgent`
    UserAgent,
    /// `errorCode`
    ErrorCode,
    /// `errorMessage`
    ErrorMessage,
    /// `requestID`
    RequestId,
    /// `readOnly`: boolean or null.
    ReadOnly,
    /// `managementEvent`: boolean or null.
    ManagementEvent,
    /// `recipientAccountId`
    RecipientAccountId,
    /// `sharedEventID`
    SharedEventId,
    /// `apiVersion`
    ApiVersion,
    /// `vpcEndpointId`
    VpcEndpointId,
    /// `userIdentity.type`
    UserType,
    /// `userIdentity.principalId`
    UserPrincipalId,
    /// `userIdentity.arn`
    UserArn,
    /// `userIdentity.accountId`
    UserAccountId,
    /// `userIdentity.accessKeyId`
    UserAccessKeyId,
    /// `userIdentity.userName`
    UserName,
    /// `userIdentity.invokedBy`
    UserInvokedBy,
}

impl LakeColumn {
    /// The number of columns.
    pub const COUNT: usize = 27;

    /// All, in the order of the table.
    pub const ALL: [Self; Self::COUNT] = [
        Self::EventTime,
        Self::EventJson,
        Self::EventId,
        Self::EventName,
        Self::EventSource,
        Self::EventVersion,
        Self::EventType,
        Self::EventCategory,
        Self::AwsRegion,
        Self::SourceIpAddress,
        Self::UserAgent,
        Self::ErrorCode,
        Self::ErrorMessage,
        Self::RequestId,
        Self::ReadOnly,
        Self::ManagementEvent,
        Self::RecipientAccountId,
        Self::SharedEventId,
        Self::ApiVersion,
        Self::VpcEndpointId,
        Self::UserType,
        Self::UserPrincipalId,
        Self::UserArn,
        Self::UserAccountId,
        Self::UserAccessKeyId,
        Self::UserName,
        Self::UserInvokedBy,
    ];

    /// The columns as batches of a scan have them.
    pub fn schema(columns: &[Self]) -> SchemaRef {
        let fields: Vec<_> = columns.iter().map(|column| SCHEMA.fields()[*column as usize].clone()).collect();
        Arc::new(Schema::new(fields))
    }

    /// The column's name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::EventTime => "event_time",
            Self::EventJson => "event_json",
            Self::EventId => "event_id",
            Self::EventName => "event_name",
            Self::EventSource => "event_source",
            Self::EventVersion => "event_version",
            Self::EventType => "event_type",
            Self::EventCategory => "event_category",
            Self::AwsRegion => "aws_region",
            Self::SourceIpAddress => "source_ip_address",
            Self::UserAgent => "user_agent",
            Self::ErrorCode => "error_code",
            Self::ErrorMessage => "error_message",
            Self::RequestId => "request_id",
            Self::ReadOnly => "read_only",
            Self::ManagementEvent => "management_event",
            Self::RecipientAccountId => "recipient_account_id",
            Self::SharedEventId => "shared_event_id",
            Self::ApiVersion => "api_version",
            Self::VpcEndpointId => "vpc_endpoint_id",
            Self::UserType => "user_type",
            Self::UserPrincipalId => "user_principal_id",
            Self::UserArn => "user_arn",
            Self::UserAccountId => "user_account_id",
            Self::UserAccessKeyId => "user_access_key_id",
            Self::UserName => "user_name",
            Self::UserInvokedBy => "user_invoked_by",
        }
    }

    /// The column of a member at the top of a record.
    pub(super) fn of_member(name: &str) -> Option<Self> {
        Some(match name {
            "eventID" => Self::EventId,
            "eventName" => Self::EventName,
            "eventSource" => Self::EventSource,
            "eventVersion" => Self::EventVersion,
            "eventType" => Self::EventType,
            "eventCategory" => Self::EventCategory,
            "awsRegion" => Self::AwsRegion,
            "sourceIPAddress" => Self::SourceIpAddress,
            "userAgent" => Self::UserAgent,
            "errorCode" => Self::ErrorCode,
            "errorMessage" => Self::ErrorMessage,
            "requestID" => Self::RequestId,
            "readOnly" => Self::ReadOnly,
            "managementEvent" => Self::ManagementEvent,
            "recipientAccountId" => Self::RecipientAccountId,
            "sharedEventID" => Self::SharedEventId,
            "apiVersion" => Self::ApiVersion,
            "vpcEndpointId" => Self::VpcEndpointId,
            _ => return None,
        })
    }

    /// The column of a member of `userIdentity`.
    pub(super) fn of_user_member(name: &str) -> Option<Self> {
        Some(match name {
            "type" => Self::UserType,
            "principalId" => Self::UserPrincipalId,
            "arn" => Self::UserArn,
            "accountId" => Self::UserAccountId,
            "accessKeyId" => Self::UserAccessKeyId,
            "userName" => Self::UserName,
            "invokedBy" => Self::UserInvokedBy,
            _ => return None,
        })
    }

    /// Whether it holds booleans.
    pub(super) const fn is_flag(self) -> bool {
        matches!(self, Self::ReadOnly | Self::ManagementEvent)
    }
}
