//! The columns of event data stores, by what a store keeps (cloudtrail.md §7.2).

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use store::lake_event::LakeColumn;

use super::functions::lists::text_map;
use super::functions::row::timestamp;

/// What a store keeps, which says what columns it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LakeKind {
    /// Events of calls and the like.
    Calls,
    /// Insights events.
    Insights,
    /// Audit events, which come through channels.
    Audit,
}

/// The type of a column or a member.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `varchar`; what is no text is its JSON.
    Text,
    /// `timestamp(3)`
    Time,
    /// `bigint`
    Bigint,
    /// `double`
    Double,
    /// `boolean`
    Bool,
    /// `map(varchar, varchar)`: the members of an object, what is nested as JSON.
    Map,
    /// `array(…)`
    List(&'static Shape),
    /// `row(…)`
    Row(&'static [Member]),
}

/// A member of a row.
#[derive(Debug)]
pub struct Member {
    /// Its name, in lower case.
    pub name: &'static str,
    /// Its type.
    pub shape: Shape,
    /// Where it is, when it is not the member of the same name, in whatever case.
    pub path: &'static [&'static str],
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name, in lower case.
    pub name: &'static str,
    /// Its type.
    pub shape: Shape,
    /// Where it comes from.
    pub from: From,
}

/// Where a column comes from.
#[derive(Clone, Copy, Debug)]
pub enum From {
    /// A column of the store.
    Flat(LakeColumn),
    /// A place in the record.
    Record(&'static [&'static str]),
    /// A row in the record, some of whose members are columns of the store.
    Identity,
    /// The SHA-256 of the record.
    Checksum,
}

/// Members of the identity that are columns of the store.
pub const IDENTITY: [(&str, LakeColumn); 7] = [
    ("type", LakeColumn::UserType),
    ("principalid", LakeColumn::UserPrincipalId),
    ("arn", LakeColumn::UserArn),
    ("accountid", LakeColumn::UserAccountId),
    ("accesskeyid", LakeColumn::UserAccessKeyId),
    ("username", LakeColumn::UserName),
    ("invokedby", LakeColumn::UserInvokedBy),
];

const fn member(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, path: &[] }
}

const fn at(name: &'static str, shape: Shape, path: &'static [&'static str]) -> Member {
    Member { name, shape, path }
}

const fn flat(name: &'static str, shape: Shape, from: LakeColumn) -> Column {
    Column { name, shape, from: From::Flat(from) }
}

const fn record(name: &'static str, shape: Shape, path: &'static [&'static str]) -> Column {
    Column { name, shape, from: From::Record(path) }
}

const ISSUER: Shape = Shape::Row(&[
    member("type", Shape::Text),
    member("principalid", Shape::Text),
    member("arn", Shape::Text),
    member("accountid", Shape::Text),
    member("username", Shape::Text),
]);

const SESSION: Shape = Shape::Row(&[
    member("attributes", Shape::Row(&[member("creationdate", Shape::Time), member("mfaauthenticated", Shape::Text)])),
    member("sessionissuer", ISSUER),
    member(
        "webidfederationdata",
        Shape::Row(&[member("federatedprovider", Shape::Text), member("attributes", Shape::Map)]),
    ),
    member("sourceidentity", Shape::Text),
    member("ec2roledelivery", Shape::Text),
    member("ec2issuedinvpc", Shape::Text),
]);

const USER: Shape = Shape::Row(&[
    member("type", Shape::Text),
    member("principalid", Shape::Text),
    member("arn", Shape::Text),
    member("accountid", Shape::Text),
    member("accesskeyid", Shape::Text),
    member("username", Shape::Text),
    member("sessioncontext", SESSION),
    member("onbehalfof", Shape::Row(&[member("userid", Shape::Text), member("identitystorearn", Shape::Text)])),
    member(
        "inscopeof",
        Shape::Row(&[
            member("sourcearn", Shape::Text),
            member("sourceaccount", Shape::Text),
            member("issuertype", Shape::Text),
            member("credentialsissuedto", Shape::Text),
        ]),
    ),
    member("invokedby", Shape::Text),
    member("identityprovider", Shape::Text),
]);

const RESOURCES: Shape = Shape::List(&Shape::Row(&[
    member("accountid", Shape::Text),
    member("type", Shape::Text),
    member("arn", Shape::Text),
    member("arnprefix", Shape::Text),
]));

static CALLS: [Column; 34] = [
    flat("eventversion", Shape::Text, LakeColumn::EventVersion),
    Column { name: "useridentity", shape: USER, from: From::Identity },
    flat("eventtime", Shape::Time, LakeColumn::EventTime),
    flat("eventsource", Shape::Text, LakeColumn::EventSource),
    flat("eventname", Shape::Text, LakeColumn::EventName),
    flat("awsregion", Shape::Text, LakeColumn::AwsRegion),
    flat("sourceipaddress", Shape::Text, LakeColumn::SourceIpAddress),
    flat("useragent", Shape::Text, LakeColumn::UserAgent),
    flat("errorcode", Shape::Text, LakeColumn::ErrorCode),
    flat("errormessage", Shape::Text, LakeColumn::ErrorMessage),
    record("requestparameters", Shape::Map, &["requestParameters"]),
    record("responseelements", Shape::Map, &["responseElements"]),
    record("additionaleventdata", Shape::Map, &["additionalEventData"]),
    flat("requestid", Shape::Text, LakeColumn::RequestId),
    flat("eventid", Shape::Text, LakeColumn::EventId),
    flat("readonly", Shape::Bool, LakeColumn::ReadOnly),
    record("resources", RESOURCES, &["resources"]),
    flat("eventtype", Shape::Text, LakeColumn::EventType),
    flat("apiversion", Shape::Text, LakeColumn::ApiVersion),
    flat("managementevent", Shape::Bool, LakeColumn::ManagementEvent),
    flat("recipientaccountid", Shape::Text, LakeColumn::RecipientAccountId),
    flat("sharedeventid", Shape::Text, LakeColumn::SharedEventId),
    record("annotation", Shape::Text, &["annotation"]),
    flat("vpcendpointid", Shape::Text, LakeColumn::VpcEndpointId),
    record("vpcendpointaccountid", Shape::Text, &["vpcEndpointAccountId"]),
    record("serviceeventdetails", Shape::Map, &["serviceEventDetails"]),
    record("addendum", Shape::Map, &["addendum"]),
    record("edgedevicedetails", Shape::Map, &["edgeDeviceDetails"]),
    record("insightdetails", Shape::Map, &["insightDetails"]),
    flat("eventcategory", Shape::Text, LakeColumn::EventCategory),
    record(
        "tlsdetails",
        Shape::Row(&[
            member("tlsversion", Shape::Text),
            member("ciphersuite", Shape::Text),
            member("clientprovidedhostheader", Shape::Text),
        ]),
        &["tlsDetails"],
    ),
    record("sessioncredentialfromconsole", Shape::Bool, &["sessionCredentialFromConsole"]),
    flat("eventjson", Shape::Text, LakeColumn::EventJson),
    Column { name: "eventjsonchecksum", shape: Shape::Text, from: From::Checksum },
];

static INSIGHTS: [Column; 18] = [
    flat("eventversion", Shape::Text, LakeColumn::EventVersion),
    flat("eventcategory", Shape::Text, LakeColumn::EventCategory),
    flat("eventtype", Shape::Text, LakeColumn::EventType),
    flat("eventid", Shape::Text, LakeColumn::EventId),
    flat("eventtime", Shape::Time, LakeColumn::EventTime),
    flat("awsregion", Shape::Text, LakeColumn::AwsRegion),
    flat("recipientaccountid", Shape::Text, LakeColumn::RecipientAccountId),
    flat("sharedeventid", Shape::Text, LakeColumn::SharedEventId),
    record("addendum", Shape::Map, &["addendum"]),
    record("insightsource", Shape::Text, &["insightSource"]),
    record("insightstate", Shape::Text, &["insightDetails", "state"]),
    record("insighteventsource", Shape::Text, &["insightDetails", "eventSource"]),
    record("insighteventname", Shape::Text, &["insightDetails", "eventName"]),
    record("insighterrorcode", Shape::Text, &["insightDetails", "errorCode"]),
    record("insighttype", Shape::Text, &["insightDetails", "insightType"]),
    record(
        "insightcontext",
        Shape::Row(&[
            at("baselineaverage", Shape::Double, &["statistics", "baseline", "average"]),
            at("insightaverage", Shape::Double, &["statistics", "insight", "average"]),
            at("baselineduration", Shape::Bigint, &["statistics", "baselineDuration"]),
            at("insightduration", Shape::Bigint, &["statistics", "insightDuration"]),
            at("attributions", ATTRIBUTIONS, &["attributions"]),
        ]),
        &["insightDetails", "insightContext"],
    ),
    flat("eventjson", Shape::Text, LakeColumn::EventJson),
    Column { name: "eventjsonchecksum", shape: Shape::Text, from: From::Checksum },
];

const SHARE: Shape = Shape::List(&Shape::Row(&[member("value", Shape::Text), member("average", Shape::Double)]));
const ATTRIBUTIONS: Shape =
    Shape::List(&Shape::Row(&[member("attribute", Shape::Text), member("insight", SHARE), member("baseline", SHARE)]));

static AUDIT: [Column; 12] = [
    flat("eventversion", Shape::Text, LakeColumn::EventVersion),
    flat("eventcategory", Shape::Text, LakeColumn::EventCategory),
    flat("eventtype", Shape::Text, LakeColumn::EventType),
    flat("eventid", Shape::Text, LakeColumn::EventId),
    flat("eventtime", Shape::Time, LakeColumn::EventTime),
    flat("awsregion", Shape::Text, LakeColumn::AwsRegion),
    flat("recipientaccountid", Shape::Text, LakeColumn::RecipientAccountId),
    record("addendum", Shape::Map, &["addendum"]),
    record(
        "metadata",
        Shape::Row(&[member("ingestiontime", Shape::Text), member("channelarn", Shape::Text)]),
        &["metadata"],
    ),
    record(
        "eventdata",
        Shape::Row(&[
            member("version", Shape::Text),
            member(
                "useridentity",
                Shape::Row(&[
                    member("type", Shape::Text),
                    member("principalid", Shape::Text),
                    member("details", Shape::Map),
                ]),
            ),
            member("useragent", Shape::Text),
            member("eventsource", Shape::Text),
            member("eventname", Shape::Text),
            member("eventtime", Shape::Text),
            member("uid", Shape::Text),
            member("requestparameters", Shape::Map),
            member("responseelements", Shape::Map),
            member("errorcode", Shape::Text),
            member("errormessage", Shape::Text),
            member("sourceipaddress", Shape::Text),
            member("recipientaccountid", Shape::Text),
            member("additionaleventdata", Shape::Map),
        ]),
        &["eventData"],
    ),
    flat("eventjson", Shape::Text, LakeColumn::EventJson),
    Column { name: "eventjsonchecksum", shape: Shape::Text, from: From::Checksum },
];

impl LakeKind {
    /// The columns of such a store, in order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Calls => &CALLS,
            Self::Insights => &INSIGHTS,
            Self::Audit => &AUDIT,
        }
    }

    /// The same as Arrow has them.
    pub fn schema(self) -> SchemaRef {
        let field = |column: &Column| Field::new(column.name, column.shape.data_type(), true);
        Arc::new(Schema::new(self.columns().iter().map(field).collect::<Vec<_>>()))
    }
}

impl Shape {
    /// The type as Arrow has it.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Time => timestamp(),
            Self::Bigint => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Bool => DataType::Boolean,
            Self::Map => text_map(),
            Self::List(item) => DataType::List(Arc::new(Field::new_list_field(item.data_type(), true))),
            Self::Row(members) => DataType::Struct(fields(members)),
        }
    }
}

/// The members of a row as Arrow has them.
pub fn fields(members: &[Member]) -> Fields {
    members.iter().map(|member| Field::new(member.name, member.shape.data_type(), true)).collect()
}
