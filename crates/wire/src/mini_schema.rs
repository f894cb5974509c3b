//! Small services with every kind of shape, for the tests here and for the fuzz targets.

use crate::schema::{
    ErrorShape, Kind, Length, List, Location, Map, Member, Operation, Protocol, Range, Service, Shape, StringShape,
    Structure, TimestampFormat,
};

const fn shape(name: &'static str, kind: Kind) -> Shape {
    Shape { name, sensitive: false, kind }
}

const fn member(name: &'static str, shape: &'static Shape) -> Member {
    Member {
        name,
        wire_name: name,
        required: false,
        location: Location::Body,
        timestamp_format: None,
        idempotency_token: false,
        shape,
    }
}

const fn required(member: Member) -> Member {
    Member { required: true, ..member }
}

const fn at(location: Location, wire_name: &'static str, member: Member) -> Member {
    Member { location, wire_name, ..member }
}

const fn structure(name: &'static str, members: &'static [Member]) -> Shape {
    shape(name, Kind::Structure(Structure { members, payload: None, union: false }))
}

const fn list(name: &'static str, member: &'static Shape, length: Length) -> Shape {
    shape(name, Kind::List(List { member, member_name: "member", flattened: false, length }))
}

const fn map(name: &'static str, value: &'static Shape) -> Shape {
    let (key, key_name, value_name) = (&NAME, "key", "value");
    shape(name, Kind::Map(Map { key, value, key_name, value_name, flattened: false, length: ANY }))
}

const fn string(length: Length, pattern: Option<&'static str>, values: &'static [&'static str]) -> Kind {
    Kind::String(StringShape { length, pattern, values })
}

const ANY: Length = Length { min: None, max: None };
const FREE: Range = Range { min: None, max: None };

/// Free text.
pub static TEXT: Shape = shape("Text", string(ANY, None, &[]));
/// 1 to 10 characters of `[A-Za-z0-9_-]`.
pub static NAME: Shape = shape("Name", string(Length { min: Some(1), max: Some(10) }, Some(r"[\w-]+"), &[]));
/// An enumeration.
pub static STATE: Shape = shape("State", string(ANY, None, &["INSUFFICIENT_DATA", "ALARM", "OK"]));
/// Text that must not be repeated.
pub static SECRET: Shape = Shape {
    name: "Secret",
    sensitive: true,
    kind: Kind::String(StringShape { length: Length { min: Some(8), max: None }, pattern: None, values: &[] }),
};
/// A boolean.
pub static FLAG: Shape = shape("Flag", Kind::Boolean);
/// 1 to 100.
pub static LIMIT: Shape = shape("Limit", Kind::Integer(Range { min: Some(1), max: Some(100) }));
/// Any 32-bit integer.
pub static INTEGER: Shape = shape("Integer", Kind::Integer(FREE));
/// Any 64-bit integer.
pub static LONG: Shape = shape("Long", Kind::Long(FREE));
/// A 32-bit float.
pub static FLOAT: Shape = shape("Float", Kind::Float);
/// A 64-bit float.
pub static DOUBLE: Shape = shape("Double", Kind::Double);
/// Up to 16 bytes.
pub static BLOB: Shape = shape("Blob", Kind::Blob(Length { min: None, max: Some(16) }));
/// A timestamp in the protocol's own form.
pub static TIMESTAMP: Shape = shape("Timestamp", Kind::Timestamp(None));
/// A timestamp that is always ISO 8601.
pub static ISO_TIMESTAMP: Shape = shape("IsoTimestamp", Kind::Timestamp(Some(TimestampFormat::Iso8601)));
/// Free-form JSON.
pub static DOCUMENT: Shape = shape("Document", Kind::Document);
/// Up to three names.
pub static NAMES: Shape = list("Names", &NAME, Length { min: None, max: Some(3) });
/// Numbers without an element of their own.
pub static NUMBERS: Shape =
    shape("Numbers", Kind::List(List { member: &LONG, member_name: "member", flattened: true, length: ANY }));
/// Points in time.
pub static TIMESTAMPS: Shape = list("Timestamps", &TIMESTAMP, ANY);
/// A structure with a required member.
pub static TAG: Shape = structure("Tag", &[required(member("Key", &NAME)), member("Value", &TEXT)]);
/// Structures in a list.
pub static TAGS: Shape = list("Tags", &TAG, ANY);
/// Text by name.
pub static ATTRIBUTES: Shape = map("Attributes", &TEXT);
/// Structures by name.
pub static TAGS_BY_NAME: Shape = map("TagsByName", &TAG);
/// A map without an element of its own, with names of its own.
pub static FLAT_MAP: Shape = shape(
    "FlatMap",
    Kind::Map(Map { key: &NAME, value: &TEXT, key_name: "Name", value_name: "Value", flattened: true, length: ANY }),
);
/// One of two.
pub static CHOICE: Shape = shape(
    "Choice",
    Kind::Structure(Structure {
        members: &[member("Left", &TEXT), member("Right", &LONG)],
        payload: None,
        union: true,
    }),
);

/// Every kind of shape, recursion included.
pub static EVERYTHING: Shape = structure(
    "Everything",
    &[
        member("Flag", &FLAG),
        member("Limit", &LIMIT),
        member("Integer", &INTEGER),
        member("Long", &LONG),
        member("Float", &FLOAT),
        member("Double", &DOUBLE),
        member("Name", &NAME),
        member("Text", &TEXT),
        member("StateValue", &STATE),
        member("Secret", &SECRET),
        member("Blob", &BLOB),
        member("At", &TIMESTAMP),
        member("Iso", &ISO_TIMESTAMP),
        member("Names", &NAMES),
        member("Numbers", &NUMBERS),
        member("Times", &TIMESTAMPS),
        member("Tags", &TAGS),
        member("Attributes", &ATTRIBUTES),
        member("TagsByName", &TAGS_BY_NAME),
        member("FlatMap", &FLAT_MAP),
        member("Choice", &CHOICE),
        member("Nested", &EVERYTHING),
        at(Location::Body, "extra", member("Extra", &DOCUMENT)),
    ],
);
/// An output without members.
pub static NOTHING: Shape = structure("Nothing", &[]);

const fn operation(name: &'static str, input: Option<&'static Shape>, output: Option<&'static Shape>) -> Operation {
    Operation { name, method: "POST", uri: "/", input, output, result_wrapper: None, read_only_trait: false }
}

const fn wrapped(operation: Operation, wrapper: &'static str) -> Operation {
    Operation { result_wrapper: Some(wrapper), ..operation }
}

const fn rest(method: &'static str, uri: &'static str, operation: Operation) -> Operation {
    Operation { method, uri, ..operation }
}

static MISSING: Shape = structure("ResourceMissing", &[member("message", &TEXT), member("Resource", &NAME)]);
static ERRORS: [ErrorShape; 1] = [ErrorShape {
    name: "ResourceMissing",
    code: "ResourceNotFound",
    status: 404,
    receiver_fault: false,
    shape: &MISSING,
}];
/// The structure of the one modelled error.
pub fn missing() -> &'static Shape {
    &MISSING
}

/// Speaks CBOR, JSON 1.0 and query, as CloudWatch does.
pub static METRICS: Service = Service {
    name: "metrics",
    signing_name: "monitoring",
    endpoint_prefix: "monitoring",
    api_version: "2010-08-01",
    xml_namespace: Some("http://monitoring.amazonaws.com/doc/2010-08-01/"),
    target_prefixes: &["GraniteServiceVersion20100801"],
    rpc_name: Some("GraniteServiceVersion20100801"),
    protocols: &[Protocol::RpcV2Cbor, Protocol::Json10, Protocol::Query],
    query_compatible: true,
    error_namespace: Some("com.amazonaws.cloudwatch.v2010_08_01"),
    event_source: "monitoring.amazonaws.com",
    iam_prefix: "cloudwatch",
    operations: &[
        wrapped(operation("DoNothing", Some(&NOTHING), Some(&NOTHING)), "DoNothingResult"),
        wrapped(operation("Echo", Some(&EVERYTHING), Some(&EVERYTHING)), "EchoResult"),
        operation("Put", Some(&EVERYTHING), None),
    ],
    errors: &ERRORS,
};

/// Speaks JSON 1.1 under two prefixes, as CloudTrail does.
pub static TRAILS: Service = Service {
    name: "trails",
    signing_name: "cloudtrail",
    endpoint_prefix: "cloudtrail",
    api_version: "2013-11-01",
    xml_namespace: None,
    target_prefixes: &["CloudTrail_20131101", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"],
    rpc_name: None,
    protocols: &[Protocol::Json11],
    query_compatible: false,
    error_namespace: None,
    event_source: "cloudtrail.amazonaws.com",
    iam_prefix: "cloudtrail",
    operations: &[
        operation("Delete", Some(&EVERYTHING), None),
        operation("Echo", Some(&EVERYTHING), Some(&EVERYTHING)),
        operation("Ping", None, Some(&NOTHING)),
    ],
    errors: &ERRORS,
};

/// Members in every place that REST has.
pub static REST_INPUT: Shape = structure(
    "RestInput",
    &[
        required(at(Location::Uri, "Id", member("Id", &TEXT))),
        at(Location::Uri, "Path", member("Path", &TEXT)),
        at(Location::QueryString, "limit", member("Limit", &LIMIT)),
        at(Location::QueryString, "name", member("Names", &NAMES)),
        at(Location::QueryString, "since", member("Since", &TIMESTAMP)),
        at(Location::QueryString, "rest", member("Rest", &ATTRIBUTES)),
        at(Location::Header, "x-flag", member("Flag", &FLAG)),
        at(Location::Header, "x-when", member("When", &TIMESTAMP)),
        at(Location::Header, "x-list", member("List", &NAMES)),
        at(Location::Headers, "x-meta-", member("Meta", &ATTRIBUTES)),
        member("Tags", &TAGS),
        at(Location::Body, "note", member("Note", &TEXT)),
    ],
);
static PAYLOAD_INPUT: Shape = shape(
    "PayloadInput",
    Kind::Structure(Structure {
        members: &[at(Location::Uri, "Id", member("Id", &TEXT)), member("Body", &BLOB)],
        payload: Some("Body"),
        union: false,
    }),
);
static REST_OUTPUT: Shape = structure(
    "RestOutput",
    &[
        at(Location::StatusCode, "Status", member("Status", &INTEGER)),
        at(Location::Header, "x-when", member("When", &TIMESTAMP)),
        at(Location::Header, "x-list", member("List", &NAMES)),
        at(Location::Headers, "x-meta-", member("Meta", &ATTRIBUTES)),
        at(Location::Body, "note", member("Note", &TEXT)),
    ],
);

/// Speaks rest-json.
pub static RESTFUL: Service = Service {
    name: "restful",
    signing_name: "restful",
    endpoint_prefix: "restful",
    api_version: "2021-08-11",
    xml_namespace: None,
    target_prefixes: &[],
    rpc_name: None,
    protocols: &[Protocol::RestJson],
    query_compatible: false,
    error_namespace: None,
    event_source: "restful.amazonaws.com",
    iam_prefix: "restful",
    operations: &[
        rest("GET", "/things/{Id}", operation("GetThing", Some(&REST_INPUT), Some(&REST_OUTPUT))),
        rest("GET", "/things/all", operation("ListThings", Some(&REST_INPUT), Some(&REST_OUTPUT))),
        rest("PUT", "/things/{Id}/blob", operation("PutBlob", Some(&PAYLOAD_INPUT), Some(&PAYLOAD_INPUT))),
        rest("PUT", "/things/{Id}/{Path+}", operation("PutPath", Some(&REST_INPUT), Some(&REST_OUTPUT))),
        rest("POST", "/things/{Id}?start", operation("StartThing", Some(&REST_INPUT), None)),
        rest("POST", "/things/{Id}", operation("UpdateThing", Some(&REST_INPUT), Some(&REST_OUTPUT))),
    ],
    errors: &ERRORS,
};

/// All of them.
pub static SERVICES: [&Service; 3] = [&METRICS, &TRAILS, &RESTFUL];
