//! Custom inventory: files of a folder, in the form of the reference agent.
//!
//! `{"TypeName":"Custom:Rack","SchemaVersion":"1.0","Content":{"Row":"7"}}`, or a list as content.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::firewall;
use super::host::{names, read};
use super::item::{ATTRIBUTES_MAX, Entry, Item, NAME_CHARS_MAX, VALUE_CHARS_MAX};

/// Files of a folder that are looked at: as many custom types as an account has.
const FILES_MAX: usize = 20;
/// Characters of a type's name.
const TYPE_CHARS_MAX: usize = 100;

/// The items of a folder's files, and what is wrong with the others.
pub fn collect(folder: &Path) -> (Vec<Item>, Vec<String>) {
    let files: Vec<String> = names(folder).into_iter().filter(|name| name.ends_with(".json")).collect();
    let (mut items, mut wrong, mut types) = (Vec::new(), Vec::new(), BTreeSet::from([firewall::TYPE.0.to_owned()]));
    if let Err(error) = std::fs::read_dir(folder) {
        wrong.push(format!("{}: {error}", folder.display()));
    }
    for (at, name) in files.iter().enumerate() {
        let item = match at < FILES_MAX {
            true => read(&folder.join(name)).map_err(|error| error.to_string()).and_then(|text| parse(&text)),
            false => Err(format!("there are more than {FILES_MAX} files")),
        };
        match item {
            Ok(item) if types.insert(item.type_name.clone()) => items.push(item),
            Ok(item) => wrong.push(format!("{name}: the type {} is another's", item.type_name)),
            Err(why) => wrong.push(format!("{name}: {why}")),
        }
    }
    (items, wrong)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct File {
    type_name: String,
    schema_version: String,
    content: Value,
}

/// The item that a file describes.
///
/// # Errors
/// It is none that the service takes.
pub fn parse(text: &str) -> Result<Item, String> {
    let File { type_name, schema_version, content } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let name = type_name.strip_prefix("Custom:").unwrap_or_default();
    if name.is_empty() || type_name.chars().count() > TYPE_CHARS_MAX {
        return Err(format!("'{type_name}' is not Custom: and a name of {TYPE_CHARS_MAX} characters in all"));
    }
    if !is_version(&schema_version) {
        return Err(format!("the schema version '{schema_version}' is not of the form 1.0"));
    }
    let entries = match content {
        Value::Array(entries) => entries.into_iter().map(parse_entry).collect::<Result<_, _>>()?,
        one => vec![parse_entry(one)?],
    };
    Ok(Item::new(type_name, schema_version, entries))
}

fn parse_entry(value: Value) -> Result<Entry, String> {
    let Value::Object(attributes) = value else { return Err("an entry is not an object".to_owned()) };
    if attributes.len() > ATTRIBUTES_MAX {
        return Err(format!("an entry has more than {ATTRIBUTES_MAX} attributes"));
    }
    let attribute = |(name, value): (String, Value)| match value {
        _ if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) => {
            Err(format!("the attribute name '{name}' is not of 1 to {NAME_CHARS_MAX} characters"))
        }
        Value::String(text) if text.chars().count() <= VALUE_CHARS_MAX => Ok((name, text)),
        _ => Err(format!("the value of '{name}' is not a text of up to {VALUE_CHARS_MAX} characters")),
    };
    attributes.into_iter().map(attribute).collect()
}

/// Two numbers of up to six digits.
fn is_version(text: &str) -> bool {
    let is_number = |part: &str| (1..=6).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

#[cfg(test)]
mod tests {
    use super::super::item::entry;
    use super::*;

    #[test]
    fn a_file_has_one_entry_or_a_list() {
        let rack = |content: &str| format!(r#"{{"TypeName":"Custom:Rack","SchemaVersion":"1.0","Content":{content}}}"#);
        let expected = Item::new("Custom:Rack", "1.0", vec![entry([("Row", "7")])]);
        assert_eq!(parse(&rack(r#"{"Row":"7"}"#)), Ok(expected.clone()));
        assert_eq!(parse(&rack(r#"[{"Row":"7"}]"#)), Ok(expected));
        assert_eq!(parse(&rack("[]")).unwrap().entries, Vec::<Entry>::new());
    }

    #[test]
    fn what_the_service_would_refuse_is_refused_with_the_reason() {
        let many: Vec<String> = (0..51).map(|at| format!(r#""a{at}":"""#)).collect();
        let file = |name: &str, version: &str, content: &str| {
            format!(r#"{{"TypeName":"{name}","SchemaVersion":"{version}","Content":{content}}}"#)
        };
        for (text, words) in [
            ("{".to_owned(), "EOF"),
            (r#"{"TypeName":"Custom:A"}"#.to_owned(), "SchemaVersion"),
            (file("AWS:Application", "1.0", "{}"), "AWS:Application"),
            (file("Custom:", "1.0", "{}"), "Custom:"),
            (file("Custom:A", "1", "{}"), "schema version"),
            (file("Custom:A", "1.1234567", "{}"), "schema version"),
            (file("Custom:A", "1.0", "7"), "not an object"),
            (file("Custom:A", "1.0", r#"{"a":7}"#), "'a'"),
            (file("Custom:A", "1.0", r#"{"":"7"}"#), "attribute name"),
            (file("Custom:A", "1.0", &format!(r#"{{"a":"{}"}}"#, "x".repeat(4097))), "4096"),
            (file("Custom:A", "1.0", &format!("{{{}}}", many.join(","))), "50"),
        ] {
            let why = parse(&text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
    }

    #[test]
    fn files_that_are_wrong_do_not_hold_up_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, of: &str| {
            let text = format!(r#"{{"TypeName":"{of}","SchemaVersion":"1.0","Content":{{"a":"b"}}}}"#);
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write("a.json", "Custom:A");
        write("b.json", "Custom:A");
        write("c.json", "Custom:Firewall");
        write("d.json", "Other");
        write("e.json", "Custom:E");
        write("f.txt", "Custom:F");
        let (items, wrong) = collect(folder.path());
        assert_eq!(items.iter().map(|item| &*item.type_name).collect::<Vec<_>>(), ["Custom:A", "Custom:E"]);
        let files: Vec<&str> = wrong.iter().map(|why| why.split(':').next().unwrap()).collect();
        assert_eq!(files, ["b.json", "c.json", "d.json"]);
        (0..20).for_each(|at| write(&format!("0{at:02}.json"), &format!("Custom:N{at}")));
        assert_eq!(collect(folder.path()).0.len(), 20);
        assert_eq!(collect(Path::new("/nowhere")).1.len(), 1, "a folder that is gone is not one without files");
    }
}
