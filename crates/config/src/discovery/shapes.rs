//! What answers look like: `models/answers.txt`, read when it is first asked for.
//!
//! A service begins with `service NAME PROTOCOL VERSION` and, where they differ from the name or are needed, `signs=`
//! (the name in a signature's scope), `target=` (what stands before the operation in `X-Amz-Target`) and `json=` (the
//! version of AWS JSON). Below, by one blank:
//!
//! - `Operation METHOD URI Structure [payload=Member]`: the structure that an operation answers; with a payload the body
//!   is that member alone.
//! - `Structure = Name=TYPE Name:wire=TYPE …`: the members, with their names on the wire where those are others.
//!
//! A type is `t` text, `n` number, `b` boolean, `d` time, `j` JSON; `[` a list of, `*` a list without an element around
//! it of, `{` a map to what follows; or the name of a structure.

use std::collections::HashMap;
use std::sync::LazyLock;

static TEXT: &str = include_str!("../../../../models/answers.txt");

static SERVICES: LazyLock<HashMap<&'static str, Service>> =
    LazyLock::new(|| read(TEXT).expect("the table is well formed"));

/// How a service is spoken to, and what it answers.
#[derive(Debug)]
pub(crate) struct Service {
    /// Its name, as botocore has it.
    pub(crate) name: &'static str,
    /// How it speaks.
    pub(crate) protocol: Protocol,
    /// The API's version.
    pub(crate) version: &'static str,
    /// The name that signatures are for.
    pub(crate) signing_name: &'static str,
    /// `1.0` or `1.1`.
    pub(crate) json_version: &'static str,
    operations: HashMap<&'static str, Operation>,
    structures: HashMap<&'static str, Vec<Member>>,
}

/// How a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Form-encoded parameters, XML back; EC2's too.
    Query,
    /// `X-Amz-Target` and JSON.
    Json,
    /// Paths, JSON back.
    RestJson,
    /// Paths, XML back.
    RestXml,
}

/// An operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its name.
    pub(crate) name: &'static str,
    /// The value of `X-Amz-Target`.
    pub(crate) target: String,
    /// Its method.
    pub(crate) method: &'static str,
    /// Its path, with labels in braces.
    pub(crate) uri: &'static str,
    /// The structure that it answers.
    pub(crate) output: &'static str,
    /// The member that the body is.
    pub(crate) payload: Option<&'static str>,
}

/// A member of a structure.
#[derive(Debug)]
pub(crate) struct Member {
    /// The API's name of it.
    pub(crate) name: &'static str,
    /// Its name on the wire.
    pub(crate) wire: &'static str,
    /// Its type.
    pub(crate) kind: Kind,
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A boolean.
    Flag,
    /// A time.
    Time,
    /// JSON without a shape.
    Json,
    /// A list; in XML its elements are within one of the list's own.
    List(Box<Kind>),
    /// A list whose elements stand where the list is named.
    FlatList(Box<Kind>),
    /// A map.
    Map(Box<Kind>),
    /// A structure of the same service.
    Structure(&'static str),
}

impl Kind {
    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self, Self::List(_) | Self::FlatList(_))
    }
}

impl Service {
    /// The service of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SERVICES.get(name)
    }

    /// One of its operations.
    pub(crate) fn operation(&'static self, name: &str) -> Option<&'static Operation> {
        self.operations.get(name)
    }

    /// The members of a structure.
    pub(crate) fn members(&self, structure: &str) -> &[Member] {
        self.structures.get(structure).map(Vec::as_slice).unwrap_or_default()
    }

    /// The structure at a path of what an operation answers.
    pub(crate) fn structure_at(&'static self, operation: &str, path: &str) -> Option<&'static str> {
        let output = self.operation(operation)?.output;
        path.split('.').filter(|part| !part.is_empty()).try_fold(output, |structure, part| {
            let name = part.trim_end_matches("[]");
            let member = self.members(structure).iter().find(|member| member.name == name)?;
            let mut kind = &member.kind;
            while let Kind::List(inner) | Kind::FlatList(inner) = kind {
                kind = inner;
            }
            match kind {
                Kind::Structure(name) => Some(*name),
                _ => None,
            }
        })
    }
}

fn read(text: &'static str) -> Option<HashMap<&'static str, Service>> {
    let mut services: Vec<Service> = Vec::new();
    let mut prefix = "";
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&'static str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["service", name, protocol, version, notes @ ..] => {
                let note = |key: &str| notes.iter().find_map(|note| note.strip_prefix(key)?.strip_prefix('='));
                prefix = note("target").unwrap_or_default();
                services.push(Service {
                    name,
                    protocol: protocol_named(protocol)?,
                    version,
                    signing_name: note("signs").unwrap_or(name),
                    json_version: note("json").unwrap_or("1.1"),
                    operations: HashMap::new(),
                    structures: HashMap::new(),
                });
            }
            [name, "=", members @ ..] => {
                let members = members.iter().map(|text| member(text)).collect::<Option<_>>()?;
                services.last_mut()?.structures.insert(name, members);
            }
            [name, method, uri, output, payload @ ..] => {
                let payload = payload.first().and_then(|word| word.strip_prefix("payload="));
                let operation = Operation { name, target: format!("{prefix}.{name}"), method, uri, output, payload };
                services.last_mut()?.operations.insert(name, operation);
            }
            _ => return None,
        }
    }
    Some(services.into_iter().map(|service| (service.name, service)).collect())
}

fn protocol_named(word: &str) -> Option<Protocol> {
    Some(match word {
        "query" | "ec2" => Protocol::Query,
        "json" => Protocol::Json,
        "rest-json" => Protocol::RestJson,
        "rest-xml" => Protocol::RestXml,
        _ => return None,
    })
}

/// `Name:wire=TYPE`
fn member(text: &'static str) -> Option<Member> {
    let (names, kind) = text.split_once('=')?;
    let (name, wire) = names.split_once(':').unwrap_or((names, names));
    Some(Member { name, wire, kind: self::kind(kind)? })
}

fn kind(text: &'static str) -> Option<Kind> {
    let within = |rest: &'static str| kind(rest).map(Box::new);
    Some(match text {
        "t" => Kind::Text,
        "n" => Kind::Number,
        "b" => Kind::Flag,
        "d" => Kind::Time,
        "j" => Kind::Json,
        _ => match text.split_at_checked(1)? {
            ("[", rest) => Kind::List(within(rest)?),
            ("*", rest) => Kind::FlatList(within(rest)?),
            ("{", rest) => Kind::Map(within(rest)?),
            _ => Kind::Structure(text),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_structure_that_is_named_is_described() {
        for service in SERVICES.values() {
            let outputs = service.operations.values().map(|operation| operation.output);
            let members = service.structures.values().flatten().filter_map(|member| {
                let mut kind = &member.kind;
                while let Kind::List(inner) | Kind::FlatList(inner) | Kind::Map(inner) = kind {
                    kind = inner;
                }
                match kind {
                    Kind::Structure(name) => Some(*name),
                    _ => None,
                }
            });
            for name in outputs.chain(members) {
                assert!(service.structures.contains_key(name), "{} {name}", service.name);
            }
        }
    }

    #[test]
    fn structures_are_found_by_path() {
        let ec2 = Service::named("ec2").unwrap();
        assert_eq!(ec2.structure_at("DescribeInstances", "Reservations[].Instances[]"), Some("Instance"));
        assert_eq!(ec2.structure_at("DescribeInstances", "NextToken"), None);
        assert_eq!(ec2.structure_at("DescribeInstances", "Nothing[]"), None);
        let sqs = Service::named("sqs").unwrap();
        assert_eq!((sqs.protocol, sqs.json_version), (Protocol::Json, "1.0"));
        assert_eq!(sqs.operation("ListQueues").unwrap().target, "AmazonSQS.ListQueues");
        assert_eq!(Service::named("elbv2").unwrap().signing_name, "elasticloadbalancing");
    }
}
