//! A call as it is put to an upstream, made of the operation's binding and the parameters that the table of types says.

use serde_json::{Map, Value};

use super::datum::Datum;
use super::path;
use super::shapes::{Operation, Protocol, Service};
use super::table::{Parameter, ParameterKind};

/// A call for an upstream.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The service's signing name, such as `elasticloadbalancing`.
    pub service: &'static str,
    /// The operation, such as `DescribeLoadBalancers`.
    pub operation: &'static str,
    /// How it is put.
    pub form: CallForm,
    /// What its answer is to be read as.
    pub reads: Reads,
}

/// How a call is put.
#[derive(Clone, Debug, PartialEq)]
pub enum CallForm {
    /// The query protocol.
    Query {
        /// The API's version.
        version: &'static str,
        /// Further parameters, flattened.
        parameters: Vec<(String, String)>,
    },
    /// AWS JSON.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
        /// The value of `X-Amz-Target`.
        target: &'static str,
        /// The input.
        body: Value,
    },
    /// Plain HTTP without a body.
    Rest {
        /// The method.
        method: &'static str,
        /// Path and query.
        path: String,
    },
}

/// What the body of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// [`Answer::Json`](super::Answer::Json)
    Json,
    /// [`Answer::Xml`](super::Answer::Xml)
    Xml,
    /// [`Answer::Text`](super::Answer::Text)
    Text,
}

/// The call of an operation with parameters that are known.
pub(crate) fn call(service: &'static Service, operation: &'static Operation, given: &[Given]) -> Call {
    let form = match service.protocol {
        Protocol::Query => CallForm::Query {
            version: service.version,
            parameters: given.iter().map(|given| (given.name.to_owned(), given.value.clone())).collect(),
        },
        Protocol::Json => CallForm::Json {
            version: service.json_version,
            target: &operation.target,
            body: Value::Object(given.iter().map(Given::member).collect::<Map<_, _>>()),
        },
        Protocol::RestJson | Protocol::RestXml => {
            CallForm::Rest { method: operation.method, path: filled(operation.uri, given) }
        }
    };
    let reads = match service.protocol {
        Protocol::Json | Protocol::RestJson => Reads::Json,
        // A policy is the body itself.
        Protocol::RestXml if is_text(service, operation) => Reads::Text,
        Protocol::Query | Protocol::RestXml => Reads::Xml,
    };
    Call { service: service.signing_name, operation: operation.name, form, reads }
}

fn is_text(service: &Service, operation: &Operation) -> bool {
    let members = service.members(operation.output);
    operation.payload.is_some_and(|payload| {
        members.iter().any(|member| member.name == payload && member.kind == super::shapes::Kind::Text)
    })
}

/// A parameter whose value is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    name: &'static str,
    kind: ParameterKind,
    value: String,
}

impl Given {
    /// The parameters with what a resource says put into them; `None` when it does not say what is needed.
    pub(crate) fn all(parameters: &[Parameter], resource: &Datum, key: Option<&str>) -> Option<Vec<Self>> {
        let given = parameters.iter().map(|parameter| {
            let value = match parameter.value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some("key") => key?.to_owned(),
                Some(at) => path::text(resource, at)?,
                None => parameter.value.to_owned(),
            };
            Some(Self { name: parameter.name, kind: parameter.kind, value })
        });
        given.collect()
    }

    /// A text.
    pub(crate) fn text(name: &'static str, value: String) -> Self {
        Self { name, kind: ParameterKind::Text, value }
    }

    fn member(&self) -> (String, Value) {
        let value = match self.kind {
            ParameterKind::Text => Value::from(self.value.as_str()),
            ParameterKind::ListOfOne => Value::from(vec![self.value.as_str()]),
            ParameterKind::Json => serde_json::from_str(&self.value).unwrap_or(Value::Null),
        };
        (self.name.to_owned(), value)
    }
}

/// A URI with its labels filled; what is no label goes into the query.
fn filled(uri: &str, given: &[Given]) -> String {
    let mut path = uri.to_owned();
    for Given { name, value, .. } in given {
        let (label, value) = (format!("{{{name}}}"), encoded(value));
        match path.contains(&label) {
            true => path = path.replace(&label, &value),
            false => {
                path.push(if path.contains('?') { '&' } else { '?' });
                path.push_str(&format!("{name}={value}"));
            }
        }
    }
    path
}

fn encoded(value: &str) -> String {
    let mut text = String::new();
    wire::percent::encode_into(&mut text, value.as_bytes());
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(service: &str, operation: &str, given: &[Given]) -> Call {
        let service = Service::named(service).unwrap();
        call(service, service.operation(operation).unwrap(), given)
    }

    #[test]
    fn calls_are_put_in_their_services_form() {
        let text = |name, value: &str| Given::text(name, value.to_owned());
        let query = made("elbv2", "DescribeTags", &[text("ResourceArns.member.1", "arn:x")]);
        let parameters = vec![("ResourceArns.member.1".to_owned(), "arn:x".to_owned())];
        assert_eq!(query.form, CallForm::Query { version: "2015-12-01", parameters });
        assert_eq!((query.service, query.reads), ("elasticloadbalancing", Reads::Xml));

        let list = Given { name: "clusters", kind: ParameterKind::ListOfOne, value: "c".to_owned() };
        let json = made("ecs", "DescribeClusters", &[list]);
        let target = "AmazonEC2ContainerServiceV20141113.DescribeClusters";
        assert_eq!(json.form, CallForm::Json { version: "1.1", target, body: json!({"clusters": ["c"]}) });

        for (service, operation, given, expected) in [
            ("lambda", "ListTags", vec![text("Resource", "arn:a:b")], "/2017-03-31/tags/arn%3Aa%3Ab"),
            ("lambda", "ListFunctions", vec![text("Marker", "m&n")], "/2015-03-31/functions?Marker=m%26n"),
            ("s3", "GetBucketAcl", vec![text("Bucket", "b.c")], "/b.c?acl"),
            (
                "s3",
                "ListBuckets",
                vec![text("continuation-token", "t"), text("max-buckets", "9")],
                "/?continuation-token=t&max-buckets=9",
            ),
        ] {
            let path = expected.to_owned();
            assert_eq!(made(service, operation, &given).form, CallForm::Rest { method: "GET", path });
        }
        assert_eq!(made("s3", "GetBucketPolicy", &[]).reads, Reads::Text);
        assert_eq!(made("s3", "GetBucketEncryption", &[]).reads, Reads::Xml);
    }
}
