//! `grok`: a regular expression made of named patterns (`%{IP:client} %{NUMBER:bytes}`).

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::path::{Path, Source};
use super::{Event, Step, processor};
use crate::java_date::Pattern;

mod patterns;

/// Characters of an expression, and patterns in it (logs.md TR-2).
const CHARACTERS_MAX: usize = 512;
const PATTERNS_MAX: usize = 20;
/// What an expression may take when compiled.
const REGEX_BYTES_MAX: usize = 4 << 20;

#[derive(Debug)]
pub(super) struct Grok {
    source: Source,
    regex: Regex,
    /// The fields, by the numbers of their groups: `g0`, `g1`, …
    fields: Vec<(Path, Conversion)>,
}

/// What a captured text becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conversion {
    None,
    /// Without the quotes around it.
    Unquoted,
    /// A number; what is none is left out.
    Number,
    /// The time of an access log in the form of ISO 8601.
    Time,
    /// Left out where it is `-`.
    UnlessDash,
}

impl Grok {
    pub fn new(given: &processor::Grok) -> Result<Self, String> {
        let text = given.r#match.as_str();
        if text.chars().count() > CHARACTERS_MAX {
            return Err(format!("The match of grok is longer than {CHARACTERS_MAX} characters."));
        }
        let mut expression = Expression { regex: "(?s)".to_owned(), fields: Vec::new() };
        let count = expression.expand(text, None, Whose::Callers)?;
        if count == 0 || count > PATTERNS_MAX {
            return Err(format!("The match of grok must have between 1 and {PATTERNS_MAX} patterns."));
        }
        let regex = RegexBuilder::new(&expression.regex).size_limit(REGEX_BYTES_MAX).build();
        let regex = regex.map_err(|_| format!("The match of grok is no regular expression: {text}"))?;
        Ok(Self { source: Source::parse(given.source.as_deref())?, regex, fields: expression.fields })
    }
}

impl Step for Grok {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        let text = self.source.text(event)?;
        let captures = self.regex.captures(text).ok_or("The source of grok does not match.")?;
        let mut found = Vec::new();
        for (index, (path, conversion)) in self.fields.iter().enumerate() {
            let captured = captures.name(&format!("g{index}")).map(|captured| captured.as_str());
            if let Some(value) = captured.and_then(|text| conversion.convert(text)) {
                found.push((path, value));
            }
        }
        found.into_iter().try_for_each(|(path, value)| path.set(&mut event.root, value))
    }
}

impl Conversion {
    fn convert(self, text: &str) -> Option<Value> {
        match self {
            Self::None => Some(text.into()),
            Self::Unquoted => Some(text.get(1..text.len() - 1)?.into()),
            Self::Number => text.parse::<i64>().ok().map(Value::from),
            Self::Time => {
                let time = Pattern::parse("dd/MMM/yyyy:HH:mm:ss Z").ok()?.read(text, &jiff::tz::TimeZone::UTC)?;
                let format = Pattern::parse("yyyy-MM-dd'T'HH:mm:ssX").ok()?;
                format.write(time, &jiff::tz::TimeZone::UTC).map(Value::from)
            }
            Self::UnlessDash => (text != "-").then(|| text.into()),
        }
    }
}

/// Who wrote an expression: only ours may convert.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Callers,
    Ours,
}

/// A regular expression under way.
struct Expression {
    regex: String,
    fields: Vec<(Path, Conversion)>,
}

impl Expression {
    /// Appends an expression with its patterns replaced by what they stand for. How many there were.
    fn expand(&mut self, text: &str, prefix: Option<&str>, whose: Whose) -> Result<usize, String> {
        let (mut rest, mut count) = (text, 0);
        let mut beside_format = Vec::new();
        let mut format = None;
        while let Some(start) = rest.find("%{") {
            self.regex.push_str(&rest[..start]);
            let end = rest[start..].find('}').ok_or_else(|| format!("A pattern of grok is not closed: {text}"))?;
            let mut parts = rest[start + 2..start + end].split(':');
            rest = &rest[start + end + 1..];
            let (name, field, cast) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
            count += 1;
            if let (Some(_), Whose::Callers) = (cast, whose) {
                return Err(format!("The pattern {name} of grok has a type conversion, which is not supported."));
            }
            if whose == Whose::Callers {
                match patterns::is_format(name) {
                    true => format = Some(name),
                    false => beside_format.push(name),
                }
            }
            self.pattern(name, field, cast, prefix)?;
        }
        self.regex.push_str(rest);
        match (format, beside_format.iter().find(|name| !matches!(**name, "DATA" | "GREEDYDATA"))) {
            (Some(format), Some(other)) => {
                Err(format!("Beside the pattern {format} grok can have DATA and GREEDYDATA alone, not {other}."))
            }
            _ => Ok(count),
        }
    }

    /// Appends one pattern; with a field, as a group.
    fn pattern(
        &mut self,
        name: &str,
        field: Option<&str>,
        cast: Option<&str>,
        prefix: Option<&str>,
    ) -> Result<(), String> {
        let definition =
            patterns::find(name).ok_or_else(|| format!("The pattern {name:?} of grok is not supported."))?;
        if patterns::is_format(name) {
            self.regex.push_str("(?:");
            self.expand(definition, field, Whose::Ours)?;
            self.regex.push(')');
            return Ok(());
        }
        match field {
            Some(field) => {
                let path = match prefix {
                    Some(prefix) => Path::parse(&format!("{prefix}.{field}"))?,
                    None => Path::parse(field)?,
                };
                let conversion = match (cast, name) {
                    (Some("number"), _) => Conversion::Number,
                    (Some("time"), _) => Conversion::Time,
                    (Some("dash"), _) => Conversion::UnlessDash,
                    (_, "QUOTEDSTRING") => Conversion::Unquoted,
                    _ => Conversion::None,
                };
                self.regex.push_str(&format!("(?P<g{}>", self.fields.len()));
                self.fields.push((path, conversion));
            }
            None => self.regex.push_str("(?:"),
        }
        self.expand(definition, None, Whose::Ours)?;
        self.regex.push(')');
        Ok(())
    }
}
