//! The text of a template, YAML or JSON, as a value. Templates are hostile input: sizes, depths and numbers of nodes are
//! bounded, and aliases, by which little text is much, are refused, as CloudFormation does.
//!
//! The short forms of functions (`!Ref x`) become the long ones (`{"Ref": "x"}`).

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

/// Values within values.
const DEPTH_MAX: usize = 48;
/// Values in all.
const NODES_MAX: usize = 50_000;

/// Why a text is no document, for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DocumentError(pub(crate) String);

/// The value that a text holds.
///
/// # Errors
/// It is neither YAML nor JSON, or more than is taken.
pub(crate) fn parse(text: &str) -> Result<Value, DocumentError> {
    if text.trim_start().starts_with('{') {
        // YAML takes no tabs between tokens. The reader of JSON has a bound of its own on depth.
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            let mut nodes = 0;
            check(&value, 0, &mut nodes)?;
            return Ok(value);
        }
    }
    Reader { parser: Parser::new_from_str(text), nodes: 0 }.document()
}

fn check(value: &Value, depth: usize, nodes: &mut usize) -> Result<(), DocumentError> {
    *nodes += 1;
    bounds(depth, *nodes)?;
    match value {
        Value::Array(values) => values.iter().try_for_each(|value| check(value, depth + 1, nodes)),
        Value::Object(values) => values.values().try_for_each(|value| check(value, depth + 1, nodes)),
        _ => Ok(()),
    }
}

fn bounds(depth: usize, nodes: usize) -> Result<(), DocumentError> {
    match (depth > DEPTH_MAX, nodes > NODES_MAX) {
        (true, _) => Err(DocumentError(format!("The template is nested deeper than {DEPTH_MAX} levels."))),
        (_, true) => Err(DocumentError(format!("The template has more than {NODES_MAX} values."))),
        _ => Ok(()),
    }
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn document(mut self) -> Result<Value, DocumentError> {
        let value = loop {
            match self.next()? {
                Event::StreamStart | Event::DocumentStart(_) => {}
                Event::StreamEnd => return Err(DocumentError("The template is empty.".to_owned())),
                event => break self.value(event, 0)?,
            }
        };
        match (self.next()?, self.next()?) {
            (Event::DocumentEnd, Event::StreamEnd) => Ok(value),
            _ => Err(DocumentError("The template holds more than one document.".to_owned())),
        }
    }

    fn next(&mut self) -> Result<Event<'a>, DocumentError> {
        match self.parser.next_event() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(DocumentError(format!("The template is not YAML or JSON: {error}."))),
            None => Ok(Event::StreamEnd),
        }
    }

    // Its depth is that of the document, which is bounded.
    fn value(&mut self, event: Event<'a>, depth: usize) -> Result<Value, DocumentError> {
        self.nodes += 1;
        bounds(depth, self.nodes)?;
        match event {
            Event::Scalar(text, style, _, tag) => scalar(&text, style, tag.as_deref()),
            Event::SequenceStart(_, tag) => {
                let mut values = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => values.push(self.value(event, depth + 1)?),
                    }
                }
                tagged(Value::Array(values), tag.as_deref())
            }
            Event::MappingStart(_, tag) => {
                let values = self.mapping(depth)?;
                tagged(Value::Object(values), tag.as_deref())
            }
            Event::Alias(_) => Err(DocumentError("Aliases are not supported in templates.".to_owned())),
            _ => Err(DocumentError("The template is not YAML or JSON.".to_owned())),
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Map<String, Value>, DocumentError> {
        let mut values = Map::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => return Ok(values),
                Event::Scalar(text, _, _, None) => text.into_owned(),
                _ => return Err(DocumentError("A key of a mapping must be plain text.".to_owned())),
            };
            if key == "<<" {
                return Err(DocumentError("Merging of mappings is not supported in templates.".to_owned()));
            }
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            if values.insert(key.clone(), value).is_some() {
                return Err(DocumentError(format!("The key {key} stands twice in a mapping.")));
            }
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, DocumentError> {
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    let value = match style {
        ScalarStyle::Plain if !is_text => plain(text),
        _ => Value::String(text.to_owned()),
    };
    tagged(value, tag)
}

/// What stands without quotes. A number that would not be written as it was is text: nothing of it gets lost.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => Value::Number(Number::from(number)),
        _ => Value::String(text.to_owned()),
    }
}

/// A value with its tag: a function's short form becomes the long one.
fn tagged(value: Value, tag: Option<&Tag>) -> Result<Value, DocumentError> {
    let Some(tag) = tag else { return Ok(value) };
    if tag.is_yaml_core_schema() {
        return match tag.suffix.as_str() {
            "binary" | "omap" | "pairs" | "set" | "timestamp" => {
                Err(DocumentError(format!("The tag !!{} is not supported in templates.", tag.suffix)))
            }
            _ => Ok(value),
        };
    }
    let name = match tag.suffix.as_str() {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    Ok(Value::Object(Map::from_iter([(name, value)])))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_forms_are_long_ones() {
        let text = "A: !Ref X\nB: !If [C, !Ref X, !Ref 'AWS::NoValue']\nD: !Condition C\nE: !Sub '${X}-1'\n";
        let expected = json!({
            "A": {"Ref": "X"},
            "B": {"Fn::If": ["C", {"Ref": "X"}, {"Ref": "AWS::NoValue"}]},
            "D": {"Condition": "C"},
            "E": {"Fn::Sub": "${X}-1"},
        });
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn json_is_taken_with_tabs_and_scalars_keep_what_they_say() {
        assert_eq!(parse("{\n\t\"A\": 1.50\n}").unwrap(), json!({"A": 1.5}));
        let text = "a: 90\nb: 007\nc: 1.0\nd: true\ne: 'true'\nf: on\ng: 2010-09-09\nh:\ni: !!str 5\n";
        let expected = json!({
            "a": 90, "b": "007", "c": "1.0", "d": true, "e": "true", "f": "on", "g": "2010-09-09", "h": null, "i": "5",
        });
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn little_text_that_is_much_is_refused() {
        let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
        let deep_yaml = "[".repeat(200);
        let deep_json = format!("{{\"a\":{}{}}}", "[".repeat(60), "]".repeat(60));
        let deep_block = (0..100).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n");
        let many = format!("[{}]", "1,".repeat(60_000));
        for (text, expected) in [
            (laughs, "Aliases are not supported"),
            ("a: {}\nb:\n  <<: x\n", "Merging of mappings"),
            (&deep_yaml, "nested deeper"),
            (&deep_json, "nested deeper"),
            (&deep_block, "nested deeper"),
            (&many, "more than 50000 values"),
            ("a: 1\na: 2\n", "stands twice"),
            ("? [a]\n: 1\n", "must be plain text"),
            ("a: 1\n---\nb: 2\n", "more than one document"),
            ("a: b: c", "not YAML or JSON"),
            ("a: !!binary aGk=", "!!binary"),
            ("", "empty"),
        ] {
            let error = parse(text).unwrap_err().0;
            assert!(error.contains(expected), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_much(text in "[-a-z:!&*{}\\[\\], \n\t'\"|>#%?]{0,200}") {
            let _ = parse(&text);
        }
    }
}
