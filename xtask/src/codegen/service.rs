//! A service's root module: its schema, its operations, and the markers of the
//! implemented ones; and the module above all services.

use super::types::TypeNames;
use super::{MARK, Source};
use crate::Result;
use crate::model::Operation;

/// `generated.rs`.
pub fn index(sources: &[Source]) -> String {
    let mut text = format!("//! All services whose APIs are known.\n{MARK}\n\n");
    for source in sources {
        text.push_str(&format!("pub mod {};\n", source.module()));
    }
    text.push_str("\n/// The schemas of all services, sorted by name.\n");
    text.push_str("pub static SERVICES: &[&wire::schema::Service] = &[");
    for source in sources {
        text.push_str(&format!("&{}::SERVICE, ", source.module()));
    }
    text.push_str("];\n");
    text
}

/// `generated/<service>.rs`.
pub fn render(source: &Source) -> Result<String> {
    let statics = source.shape_statics();
    let mut text = format!("//! The API of `{}`.\n{MARK}\n\n", source.name);
    text.push_str("use wire::schema::{Operation, Protocol, Service};\n\nuse crate::schema_parts::*;\n\n");
    text.push_str("pub mod errors;\nmod schema;\n");
    if !source.implemented.is_empty() {
        text.push_str("pub mod types;\n");
    }
    text.push_str(&service(source)?);
    let operations = &source.model.operations;
    text.push_str(&format!("\nstatic OPERATIONS: [Operation; {}] = [", operations.len()));
    for (name, operation) in operations {
        let reference = |shape: &Option<String>| match shape {
            Some(shape) => format!("Some(&schema::{})", statics[shape.as_str()]),
            None => "None".to_owned(),
        };
        let shapes = format!("{}, {}", reference(&operation.input), reference(&operation.output));
        text.push_str(&format!("{},\n", with_traits(operation, format!("operation({name:?}, {shapes})"))));
    }
    text.push_str("];\n");
    text.push_str(&markers(source));
    Ok(text)
}

fn service(source: &Source) -> Result<String> {
    let (metadata, settings) = (&source.model.metadata, &source.settings);
    let targets: Vec<&String> = metadata.target_prefix.iter().chain(&settings.target_prefixes).collect();
    let protocols = metadata.protocols.iter().map(|name| protocol(name, metadata.json_version.as_deref()));
    let protocols = protocols.collect::<Result<Vec<_>>>()?.join(", ");
    Ok(format!(
        "
/// The schema of `{name}`.
pub static SERVICE: Service = Service {{
    name: {name:?},
    signing_name: {:?},
    endpoint_prefix: {:?},
    api_version: {:?},
    xml_namespace: {:?},
    target_prefixes: &{targets:?},
    rpc_name: {:?},
    protocols: &[{protocols}],
    query_compatible: {},
    error_namespace: {:?},
    event_source: {:?},
    iam_prefix: {:?},
    operations: &OPERATIONS,
    errors: &errors::ERRORS,
}};
",
        metadata.signing_name.as_ref().unwrap_or(&metadata.endpoint_prefix),
        metadata.endpoint_prefix,
        metadata.api_version,
        metadata.xml_namespace,
        settings.rpc_name,
        metadata.aws_query_compatible,
        settings.error_namespace,
        settings.event_source,
        settings.iam_prefix,
        name = source.name,
    ))
}

fn protocol(name: &str, json_version: Option<&str>) -> Result<&'static str> {
    match (name, json_version) {
        ("query", _) => Ok("Protocol::Query"),
        ("json", Some("1.0")) => Ok("Protocol::Json10"),
        ("json", Some("1.1")) => Ok("Protocol::Json11"),
        ("smithy-rpc-v2-cbor", _) => Ok("Protocol::RpcV2Cbor"),
        ("rest-json", _) => Ok("Protocol::RestJson"),
        _ => Err(format!("the protocol {name} (JSON version {json_version:?}) is unknown")),
    }
}

fn with_traits(operation: &Operation, mut value: String) -> String {
    if operation.http.method != "POST" || operation.http.uri != "/" {
        value = format!("routed({:?}, {:?}, {value})", operation.http.method, operation.http.uri);
    }
    if let Some(wrapper) = &operation.result_wrapper {
        value = format!("wrapped({wrapper:?}, {value})");
    }
    if operation.readonly {
        value = format!("read_only({value})");
    }
    value
}

fn markers(source: &Source) -> String {
    let types = TypeNames::new(source);
    let mut text = String::new();
    for name in &source.implemented {
        let operation = &source.model.operations[name];
        let side = |shape: &Option<String>| match shape {
            Some(shape) => format!("types::{}", types.of(shape)),
            None => "crate::Unit".to_owned(),
        };
        text.push_str(&format!(
            "
/// The `{name}` operation.
#[derive(Clone, Copy, Debug)]
pub struct {name};

impl crate::OperationType for {name} {{
    const SERVICE: &'static Service = &SERVICE;
    const NAME: &'static str = {name:?};
    type Input = {};
    type Output = {};
}}
",
            side(&operation.input),
            side(&operation.output),
        ));
    }
    text
}
