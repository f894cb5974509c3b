//! `requestParameters` and `responseElements` of S3's events (cloudtrail.md §1.8).

use http::HeaderMap;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as XmlEvent};
use serde_json::{Map, Value as Json};

use crate::authorization::Event;
use crate::call::Call;

/// Parameters of a query that would let others act: never written down.
const SECRET_PARAMETERS: [&str; 4] = ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-Security-Token", "Signature"];

/// What the names of headers start with that are written down.
const HEADERS: [&str; 13] = [
    "x-amz-acl",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-bypass-governance-retention",
    "x-amz-copy-source",
    "x-amz-expected-bucket-owner",
    "x-amz-grant-",
    "x-amz-metadata-directive",
    "x-amz-object-lock-",
    "x-amz-object-ownership",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
];

/// Elements within each other that are followed.
const DEPTH_MAX: usize = 16;

/// `requestParameters`
pub(super) fn request(call: &Call, bucket: Option<&str>, key: Option<&str>, body: &[u8]) -> Json {
    let mut all = Map::new();
    if let Some(bucket) = bucket {
        all.insert("bucketName".to_owned(), bucket.into());
    }
    if let Some(host) = call.header("host") {
        all.insert("Host".to_owned(), host.into());
    }
    if let Some(key) = key {
        all.insert("key".to_owned(), key.into());
    }
    for (name, value) in call.parameters() {
        if !SECRET_PARAMETERS.iter().any(|secret| secret.eq_ignore_ascii_case(&name)) {
            all.insert(name, value.into());
        }
    }
    for (name, value) in shown_headers(&call.headers) {
        all.insert(name, value.into());
    }
    if let Some((name, value)) = content(call, body) {
        all.insert(name, value);
    }
    Json::Object(all)
}

/// `responseElements`: what a write's answer says in headers of note.
pub(super) fn response(event: &Event, response: &s3s::HttpResponse) -> Json {
    if event.read_only || !response.status().is_success() {
        return Json::Null;
    }
    let noted =
        ["x-amz-server-side-encryption", "x-amz-version-id", "x-amz-delete-marker", "x-amz-copy-source-version-id"];
    let found = noted.into_iter().filter_map(|name| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some((name.to_owned(), Json::from(value)))
    });
    let all: Map<String, Json> = found.collect();
    if all.is_empty() { Json::Null } else { Json::Object(all) }
}

fn shown_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |name: &str| {
        let is_key = name.contains("customer-key") && !name.ends_with("md5");
        HEADERS.iter().any(|start| name.starts_with(start)) && !is_key
    };
    let found = headers.iter().filter(|(name, _)| shown(name.as_str()));
    found.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect()
}

/// A body's JSON or XML under the name that it goes by.
fn content(call: &Call, body: &[u8]) -> Option<(String, Json)> {
    if body.is_empty() {
        return None;
    }
    if call.parameter("policy").is_some() {
        return Some(("bucketPolicy".to_owned(), serde_json::from_slice(body).ok()?));
    }
    tree(std::str::from_utf8(body).ok()?)
}

/// XML as a tree of JSON: elements are members, an element that is there several times is a list.
fn tree(xml: &str) -> Option<(String, Json)> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().ok()? {
            XmlEvent::Start(start) => {
                let name = name_of(&start)?;
                let value = inside(&mut reader, &start, 0)?;
                return Some((name, value));
            }
            XmlEvent::Empty(start) => return Some((name_of(&start)?, Json::String(String::new()))),
            XmlEvent::Eof => return None,
            _ => {}
        }
    }
}

fn inside(reader: &mut Reader<&[u8]>, start: &BytesStart<'_>, depth: usize) -> Option<Json> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut members = Map::new();
    if let Some(namespace) = start.try_get_attribute("xmlns").ok().flatten() {
        members.insert("xmlns".to_owned(), namespace.value.into_owned().into());
    }
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            XmlEvent::Start(child) => {
                let (name, child) = (name_of(&child)?, inside(reader, &child, depth + 1)?);
                add(&mut members, name, child);
            }
            XmlEvent::Empty(child) => add(&mut members, name_of(&child)?, Json::String(String::new())),
            XmlEvent::Text(piece) => text.push_str(&piece),
            XmlEvent::GeneralRef(reference) => {
                text.push_str(&quick_xml::escape::unescape(&format!("&{};", &*reference)).ok()?);
            }
            XmlEvent::CData(piece) => text.push_str(&piece),
            XmlEvent::End(_) => break,
            XmlEvent::Eof => return None,
            _ => {}
        }
    }
    Some(match members.is_empty() {
        // Blanks between elements are not text; blanks in a text are.
        true => Json::String(text),
        false => Json::Object(members),
    })
}

fn name_of(start: &BytesStart<'_>) -> Option<String> {
    Some(start.local_name().as_ref().to_owned())
}

fn add(members: &mut Map<String, Json>, name: String, value: Json) {
    match members.get_mut(&name) {
        None => {
            members.insert(name, value);
        }
        Some(Json::Array(several)) => several.push(value),
        Some(one) => *one = Json::Array(vec![one.take(), value]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_a_tree_or_none(xml in "[<>/ab&;#x10=\"! ?\\[\\]-]{0,60}|(<[ab]>|</[ab]>|<[ab]/>|[ab]){0,40}") {
            // What a client sends is shown or not; it never stops the answer.
            let shown = tree(&xml);
            prop_assert!(shown.is_none_or(|(name, _)| !name.is_empty() || xml.contains('<')));
        }
    }

    #[test]
    fn xml_is_shown_as_a_tree() {
        let xml = r#"<?xml version="1.0"?><Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>
            <Tag><Key>k</Key><Value>a &amp; b</Value></Tag></TagSet></Tagging>"#;
        let expected = json!({"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
            "TagSet": {"Tag": {"Key": "k", "Value": "a & b"}}});
        assert_eq!(tree(xml), Some(("Tagging".to_owned(), expected)));
        let several = "<A><B>1</B><B>2</B><C/></A>";
        assert_eq!(tree(several), Some(("A".to_owned(), json!({"B": ["1", "2"], "C": ""}))));
        assert_eq!(tree("<A><B>"), None);
    }
}
