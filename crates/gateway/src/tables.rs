//! What is known of AWS's services: `models/operations.txt`, read when it is asked for.
//!
//! A service begins with `service NAME DIALECTS VERSION` and, where they differ from the name, `signs=` (the name in a
//! signature's scope), `at=` (the prefix of its hosts) and `target=` (what stands before the operation in
//! `X-Amz-Target`, and as the service in paths of RPC v2). Below, by one blank and more:
//!
//! - `/path BINDING OPERATION …`: a tree of URI templates; a binding is `METHOD[?query][@header]`.
//! - `+Verb Noun …`: operations without bindings; `-` where the verb is the whole name.
//! - `reads …`: operations that only read though their names do not say so.
//! - `hidden|document|blob|map|time|number|flag …`: classes of members, by `Name`, or `Parent.Name` where a name is
//!   of the class below some parents only.
//! - `names wire=Name …`, `headers header=Name …`: members that go by another name on the wire; `Parent.wire=Name`
//!   where the name depends on what holds the member.
//! - `data …`, `payloads Operation=Member …`: operations whose body is data, or the content of one member.
//! - `takes Operation=Member+Member …`: members of an operation that may name resources, in small letters.
//! - `errors Code=Shape Code+Suffix …`: error codes that are not their shapes' names.

mod details;
mod paths;

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use details::Details;
pub(crate) use paths::{AskedFor, Found};

const TEXT: &str = include_str!("../../../models/operations.txt");

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables::read(TEXT));

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Form-encoded `Action` and parameters, XML back.
    Query,
    /// The same with EC2's lists.
    Ec2,
    /// `X-Amz-Target` and JSON.
    Json,
    /// Method, path, and JSON.
    RestJson,
    /// Method, path, and XML.
    RestXml,
    /// Smithy RPC v2 with CBOR.
    Cbor,
}

/// What cannot be seen in a member's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberClass {
    /// It is secret.
    Hidden,
    /// Its JSON is free.
    Document,
    /// It is binary.
    Blob,
    /// It is a map: its keys are data.
    Map,
    /// It is a time.
    Time,
    /// It is a number, though written as text.
    Number,
    /// It is a boolean, though written as text.
    Flag,
}

/// One service.
#[derive(Debug)]
pub struct Service {
    /// The name of its model, such as `cognito-idp`; unique.
    pub name: &'static str,
    /// How it is spoken to, the preferred way first.
    pub dialects: Vec<Dialect>,
    /// The version of its API, such as `2016-11-15`.
    pub version: &'static str,
    /// Its name in the scope of signatures, such as `monitoring`.
    pub signing_name: &'static str,
    /// The prefix of its hosts, such as `email`.
    pub endpoint_prefix: &'static str,
    /// What stands before the operation in `X-Amz-Target`.
    pub target: Option<&'static str>,
    lines: &'static str,
    details: OnceLock<Details>,
}

impl Service {
    /// The service of a model's name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.by_name.get(name).map(|at| &TABLES.services[*at])
    }

    /// The services that are signed for under a name, in the order of their names.
    pub fn signed_as(signing_name: &str) -> impl Iterator<Item = &'static Self> {
        let found = TABLES.by_signing_name.get(signing_name).map_or(&[][..], Vec::as_slice);
        found.iter().map(|at| &TABLES.services[*at])
    }

    /// The services that are meant by what stands before the operation in `X-Amz-Target`.
    pub(crate) fn with_target(target: &str) -> impl Iterator<Item = &'static Self> {
        TABLES.services.iter().filter(move |service| service.target == Some(target))
    }

    /// All services, in the order of their names.
    pub fn all() -> &'static [Self] {
        &TABLES.services
    }

    /// Whether it is spoken to like this.
    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.dialects.contains(&dialect)
    }

    /// Whether its operations are known by name.
    pub fn is_exact(&self) -> bool {
        self.details().is_exact()
    }

    /// The operation as its model spells it, whatever the case of `name`.
    pub(crate) fn operation(&self, name: &str) -> Option<&str> {
        self.details().operation(name)
    }

    /// Operations that method, path and the rest are bound to, the best first.
    pub(crate) fn bound<'p>(&self, method: &str, segments: &[&'p str], asked: &dyn AskedFor) -> Option<Found<'_, 'p>> {
        self.details().paths.find(method, segments, asked)
    }

    /// Whether some operation is told by this query parameter.
    pub(crate) fn tells_by_query(&self, name: &str) -> bool {
        self.details().paths.tells_by_query(name)
    }

    /// The same, where the case may be another.
    pub(crate) fn tells_by_query_in_any_case(&self, name: &str) -> bool {
        self.details().paths.tells_by_query_in_any_case(name)
    }

    /// Whether the model says that the operation only reads.
    pub(crate) fn reads(&self, operation: &str) -> bool {
        self.details().reads.contains(operation)
    }

    /// The member's name, from what it is on the wire and from the name of what holds it.
    pub(crate) fn member<'n>(&'n self, parent: &str, wire: &'n str) -> &'n str {
        self.details().member(parent, wire).unwrap_or(wire)
    }

    /// Whether the body of an operation's request is data, whatever it looks like.
    pub(crate) fn is_data(&self, operation: &str) -> bool {
        self.details().data.contains(operation)
    }

    /// The member that the body of an operation's request is the content of.
    pub(crate) fn payload(&self, operation: &str) -> Option<&'static str> {
        self.details().payloads.get(operation).copied()
    }

    /// Whether a member of an operation, of whatever case, may name a resource; one that its model does not have says
    /// nothing.
    pub(crate) fn takes(&self, operation: &str, member: &str) -> bool {
        let taken = self.details().takes.get(operation);
        taken.is_some_and(|members| members.split('+').any(|one| one.eq_ignore_ascii_case(member)))
    }

    /// Whether any operation has this member that may name a resource.
    #[cfg(test)]
    pub(crate) fn is_taken(&self, member: &str) -> bool {
        self.details().takes.keys().any(|operation| self.takes(operation, member))
    }

    /// The member that a header carries.
    pub(crate) fn header_member(&self, header: &str) -> Option<&'static str> {
        self.details().headers.get(header).copied()
    }

    /// What a member is, by its name and that of what holds it.
    pub(crate) fn class(&self, parent: &str, name: &str) -> Option<MemberClass> {
        self.details().class(parent, name)
    }

    /// The name of the shape of an error that has this code on the wire.
    pub fn error_shape<'e>(&'e self, code: &'e str) -> &'e str {
        self.details().errors.get(code).map_or(code, String::as_str)
    }

    /// A request for each binding, for tests: method, path with `x` for labels, query string, header, operation.
    #[cfg(test)]
    pub(crate) fn examples(&self) -> Vec<paths::Example> {
        self.details().paths.examples()
    }

    fn details(&self) -> &Details {
        self.details.get_or_init(|| Details::read(self.lines))
    }
}

#[derive(Debug)]
struct Tables {
    services: Vec<Service>,
    by_name: HashMap<&'static str, usize>,
    by_signing_name: HashMap<&'static str, Vec<usize>>,
}

impl Tables {
    /// Finds where each service begins; what is below is read when it is asked for.
    fn read(text: &'static str) -> Self {
        let mut services = Vec::new();
        let mut rest = text.find("service ").map_or("", |at| &text[at..]);
        while !rest.is_empty() {
            let end = rest.find("\nservice ").map_or(rest.len(), |at| at + 1);
            services.extend(service(&rest[..end]));
            rest = &rest[end..];
        }
        let mut by_signing_name: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, service) in services.iter().enumerate() {
            by_signing_name.entry(service.signing_name).or_default().push(at);
        }
        let by_name = services.iter().enumerate().map(|(at, service)| (service.name, at)).collect();
        Self { services, by_name, by_signing_name }
    }
}

fn service(text: &'static str) -> Option<Service> {
    let (head, lines) = text.split_once('\n').unwrap_or((text, ""));
    let mut words = head.split(' ').skip(1);
    let (name, dialects, version) = (words.next()?, words.next()?, words.next()?);
    let mut service = Service {
        name,
        dialects: dialects.split(',').filter_map(dialect).collect(),
        version,
        signing_name: name,
        endpoint_prefix: name,
        target: None,
        lines,
        details: OnceLock::new(),
    };
    for (key, value) in words.filter_map(|word| word.split_once('=')) {
        match key {
            "signs" => (service.signing_name, service.endpoint_prefix) = (value, value),
            "at" => service.endpoint_prefix = value,
            "target" => service.target = Some(value),
            _ => {}
        }
    }
    if name == "sqs" {
        // Its older clients speak query, and its servers still understand them (cloudtrail.md §11.3).
        service.dialects.push(Dialect::Query);
    }
    Some(service)
}

fn dialect(name: &str) -> Option<Dialect> {
    Some(match name {
        "query" => Dialect::Query,
        "ec2" => Dialect::Ec2,
        "json" => Dialect::Json,
        "rest-json" => Dialect::RestJson,
        "rest-xml" => Dialect::RestXml,
        "smithy-rpc-v2-cbor" => Dialect::Cbor,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_text_is_understood() {
        assert!(TABLES.services.len() > 400);
        for service in &TABLES.services {
            assert!(!service.dialects.is_empty(), "{}", service.name);
            let unknown = details::unknown_lines(service.lines);
            assert!(unknown.is_empty(), "{}: {unknown:?}", service.name);
        }
    }

    #[test]
    fn services_are_found_by_name_signature_and_target() {
        let names = |found: &mut dyn Iterator<Item = &'static Service>| found.map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(names(&mut Service::signed_as("rds")), ["docdb", "neptune", "rds"]);
        assert_eq!(names(&mut Service::signed_as("dynamodb")), ["dynamodb", "dynamodbstreams"]);
        assert_eq!(names(&mut Service::with_target("AmazonSQS")), ["sqs"]);
        assert_eq!(Service::named("ses").map(|ses| (ses.signing_name, ses.endpoint_prefix)), Some(("ses", "email")));
        assert!(Service::named("nothing").is_none());
    }

    #[test]
    fn operations_keep_the_spelling_of_their_model() {
        let dynamodb = Service::named("dynamodb").unwrap();
        assert_eq!(dynamodb.operation("putitem"), Some("PutItem"));
        assert_eq!(dynamodb.operation("NoSuchOperation"), None);
        assert_eq!(Service::named("dynamodb").unwrap().operation("Query"), Some("Query"));
        assert_eq!(Service::named("iam").unwrap().error_shape("NoSuchEntity"), "NoSuchEntityException");
        assert_eq!(Service::named("iam").unwrap().error_shape("Other"), "Other");
    }

    #[test]
    fn members_have_classes() {
        let lambda = Service::named("lambda").unwrap();
        assert_eq!(lambda.class("CreateFunction", "Environment"), None);
        assert_eq!(lambda.class("Environment", "Variables"), Some(MemberClass::Hidden));
        assert_eq!(lambda.class("CreateFunction", "Tags"), Some(MemberClass::Map));
        assert_eq!(lambda.header_member("x-amz-invocation-type"), Some("InvocationType"));
        assert_eq!(Service::named("kinesis").unwrap().class("PutRecord", "Data"), Some(MemberClass::Blob));
    }
}
