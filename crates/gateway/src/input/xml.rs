//! XML as JSON, naively: an element that stands several times is a list, one with text alone is the text
//! (cloudtrail.md §1.8).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value as Json};

use super::DEPTH_MAX;

/// How much of XML is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// Elements and texts.
    Plain,
    /// Namespaces too, as the member `xmlns`.
    WithNamespaces,
}

/// The root's name and what is in it; nothing for what is not XML, or is cut, or has declarations of types, which
/// can make much of little.
pub fn tree(text: &[u8], keep: Tree) -> Option<(String, Json)> {
    let text = std::str::from_utf8(text).ok()?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<(String, Element)> = Vec::new();
    loop {
        let (name, done) = match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= DEPTH_MAX {
                    return None;
                }
                open.push((local(&start), Element::of(&start, keep)));
                continue;
            }
            Event::Empty(start) => (local(&start), Element::of(&start, keep)),
            Event::End(_) => open.pop()?,
            Event::Text(text) => {
                let text = text.xml10_content().into_owned();
                if let Some((_, element)) = open.last_mut() {
                    element.text.push_str(&text);
                }
                continue;
            }
            Event::CData(data) => {
                let text = data.xml10_content().into_owned();
                open.last_mut()?.1.text.push_str(&text);
                continue;
            }
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content().into_owned();
                let meant = quick_xml::escape::unescape(&format!("&{name};")).ok()?.into_owned();
                open.last_mut()?.1.text.push_str(&meant);
                continue;
            }
            Event::Eof | Event::DocType(_) => return None,
            _ => continue,
        };
        match open.last_mut() {
            Some((_, above)) => above.add(name, done.json()),
            None => return Some((name, done.json())),
        }
    }
}

fn local(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}

#[derive(Default)]
struct Element {
    members: Map<String, Json>,
    text: String,
}

impl Element {
    fn of(start: &BytesStart<'_>, keep: Tree) -> Self {
        let mut element = Self::default();
        if keep == Tree::WithNamespaces
            && let Ok(Some(namespace)) = start.try_get_attribute("xmlns")
        {
            let value = namespace.value.into_owned();
            element.members.insert("xmlns".to_owned(), Json::String(value));
        }
        element
    }

    fn add(&mut self, name: String, value: Json) {
        match self.members.get_mut(&name) {
            None => drop(self.members.insert(name, value)),
            Some(Json::Array(all)) => all.push(value),
            Some(before) => *before = Json::Array(vec![before.take(), value]),
        }
    }

    fn json(self) -> Json {
        match self.members.is_empty() {
            true => Json::String(self.text),
            false => Json::Object(self.members),
        }
    }
}
