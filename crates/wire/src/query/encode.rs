//! Values into the XML answers of the query protocol.

use super::name_of;
use crate::error::ErrorParts;
use crate::scalar;
use crate::schema::{Kind, List, Map, Member, Operation, Service, Shape, TimestampFormat};
use crate::value::{Struct, Value};
use crate::xml::XmlWriter;

/// A whole answer: `<OpResponse><OpResult>…</OpResult><ResponseMetadata>…`, without a result
/// element when the operation has no output.
pub(crate) fn encode(service: &Service, operation: &Operation, output: Option<&Struct>, request_id: &str) -> String {
    let root = format!("{}Response", operation.name);
    let mut xml = XmlWriter::new();
    xml.open_in(&root, service.xml_namespace);
    if let Some(output) = output {
        match operation.result_wrapper {
            Some(wrapper) if output.members.is_empty() => xml.empty(wrapper),
            Some(wrapper) => {
                xml.open(wrapper);
                members(&mut xml, output);
                xml.close(wrapper);
            }
            None => members(&mut xml, output),
        }
    }
    xml.open("ResponseMetadata");
    xml.element("RequestId", request_id);
    xml.close("ResponseMetadata");
    xml.close(&root);
    xml.finish()
}

/// An error document (cloudwatch.md §1.2). Modelled members stand beside the message.
pub(crate) fn encode_error(service: Option<&Service>, error: &ErrorParts<'_>, request_id: &str) -> String {
    let mut xml = XmlWriter::new();
    xml.open_in("ErrorResponse", service.and_then(|service| service.xml_namespace));
    xml.open("Error");
    xml.element("Type", if error.receiver_fault { "Receiver" } else { "Sender" });
    xml.element("Code", error.code);
    if let Some(message) = error.message {
        xml.element("Message", message);
    }
    if let Some(extra) = error.members
        && let Some(shape) = extra.shape.structure()
    {
        for (index, value) in &extra.members {
            let member = &shape.members[usize::from(*index)];
            if !member.name.eq_ignore_ascii_case("message") {
                write(&mut xml, name_of(member), member.shape, Some(member), value);
            }
        }
    }
    xml.close("Error");
    xml.element("RequestId", request_id);
    xml.close("ErrorResponse");
    xml.finish()
}

fn members(xml: &mut XmlWriter, value: &Struct) {
    let members = value.shape.structure().map_or(&[][..], |shape| shape.members);
    for (index, value) in &value.members {
        let member = &members[usize::from(*index)];
        write(xml, name_of(member), member.shape, Some(member), value);
    }
}

fn write(xml: &mut XmlWriter, name: &str, shape: &Shape, member: Option<&Member>, value: &Value) {
    match (value, &shape.kind) {
        (Value::Struct(inner), _) => {
            xml.open(name);
            members(xml, inner);
            xml.close(name);
        }
        (Value::List(elements), Kind::List(list)) => write_list(xml, name, list, elements),
        (Value::Map(entries), Kind::Map(map)) => write_map(xml, name, map, entries),
        (value, _) => {
            let mut text = String::new();
            scalar::write(&mut text, value, scalar::timestamp_format(member, shape, TimestampFormat::Iso8601));
            xml.element(name, &text);
        }
    }
}

/// An empty list is an empty element, never left out (cloudwatch.md §1.1).
fn write_list(xml: &mut XmlWriter, name: &str, list: &List, elements: &[Value]) {
    if list.flattened {
        elements.iter().for_each(|element| write(xml, name, list.member, None, element));
    } else if elements.is_empty() {
        xml.empty(name);
    } else {
        xml.open(name);
        elements.iter().for_each(|element| write(xml, list.member_name, list.member, None, element));
        xml.close(name);
    }
}

fn write_map(xml: &mut XmlWriter, name: &str, map: &Map, entries: &[(String, Value)]) {
    let entry_name = if map.flattened { name } else { "entry" };
    if !map.flattened && entries.is_empty() {
        return xml.empty(name);
    }
    if !map.flattened {
        xml.open(name);
    }
    for (key, value) in entries {
        xml.open(entry_name);
        xml.element(map.key_name, key);
        write(xml, map.value_name, map.value, None, value);
        xml.close(entry_name);
    }
    if !map.flattened {
        xml.close(name);
    }
}
