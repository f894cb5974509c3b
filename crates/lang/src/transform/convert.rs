//! `typeConverter` and `dateTimeConverter`.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::path::Path;
use super::{Event, Step, processor};
use crate::java_date::{Pattern, zone};

#[derive(Debug)]
pub(super) struct Types(Vec<(Path, Type)>);

#[derive(Clone, Copy, Debug)]
enum Type {
    Integer,
    Double,
    String,
    Boolean,
}

impl Types {
    pub fn new(given: &processor::TypeConverter) -> Result<Self, String> {
        let entry = |entry: &processor::TypeConversion| {
            let kind = match entry.r#type.as_str() {
                "integer" => Type::Integer,
                "double" => Type::Double,
                "string" => Type::String,
                "boolean" => Type::Boolean,
                other => return Err(format!("A type must be integer, double, string or boolean, not {other:?}.")),
            };
            Ok((Path::parse(&entry.key)?, kind))
        };
        given.entries.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl Step for Types {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        for (path, kind) in &self.0 {
            if let Some(value) = path.get_mut(&mut event.root).filter(|value| !value.is_null()) {
                *value = converted(value, *kind).ok_or_else(|| format!("The field {path} cannot be converted."))?;
            }
        }
        Ok(())
    }
}

fn converted(value: &Value, kind: Type) -> Option<Value> {
    match (kind, value) {
        (_, Value::Array(_) | Value::Object(_) | Value::Null) => None,
        (Type::String, Value::String(_)) | (Type::Boolean, Value::Bool(_)) => Some(value.clone()),
        (Type::String, other) => Some(Value::String(other.to_string())),
        (Type::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => Some(true.into()),
        (Type::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => Some(false.into()),
        (Type::Boolean, Value::Number(number)) => Some((number.as_f64()? != 0.0).into()),
        (Type::Boolean, _) => None,
        (Type::Integer, Value::Bool(truth)) => Some(i64::from(*truth).into()),
        (Type::Integer, Value::Number(number)) => match number.as_i64() {
            Some(whole) => Some(whole.into()),
            None => whole(number.as_f64()?),
        },
        (Type::Integer, Value::String(text)) => match text.trim().parse::<i64>() {
            Ok(whole) => Some(whole.into()),
            Err(_) => whole(text.trim().parse().ok()?),
        },
        (Type::Double, Value::Bool(truth)) => Some(f64::from(*truth).into()),
        (Type::Double, Value::Number(number)) => number.as_f64().map(Value::from),
        (Type::Double, Value::String(text)) => {
            text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from)
        }
    }
}

/// A number without what comes after its point.
fn whole(number: f64) -> Option<Value> {
    let whole = number.trunc();
    (whole >= i64::MIN as f64 && whole < i64::MAX as f64).then(|| (whole as i64).into())
}

/// As the API's default, with the quote that AWS's own text lacks.
const DEFAULT_FORMAT: &str = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'";
/// Characters of a format.
const FORMAT_CHARACTERS_MAX: usize = 64;

#[derive(Debug)]
pub(super) struct Times {
    source: Path,
    target: Path,
    patterns: Vec<Matched>,
    source_zone: TimeZone,
    format: Pattern,
    target_zone: TimeZone,
}

#[derive(Debug)]
enum Matched {
    Pattern(Pattern),
    /// Seconds or, where they are too many to be seconds of these centuries, milliseconds since 1970.
    Epoch,
}

impl Times {
    pub fn new(given: &processor::DateTimeConverter) -> Result<Self, String> {
        let named = |name: &Option<String>| {
            let name = name.as_deref().unwrap_or("UTC");
            zone(name).ok_or_else(|| format!("There is no time zone {name:?}."))
        };
        let pattern = |text: &String| match text.as_str() {
            "epoch" => Ok(Matched::Epoch),
            text => match Pattern::parse(text)? {
                pattern if pattern.has_year() => Ok(Matched::Pattern(pattern)),
                _ => Err(format!("The date pattern {text:?} has no year.")),
            },
        };
        if let Some(locale) = given.locale.as_deref().filter(|locale| !is_english(locale)) {
            return Err(format!("The locale {locale:?} is not supported by this server: only English ones are."));
        }
        if given.match_patterns.is_empty() || given.match_patterns.len() > 5 {
            return Err("dateTimeConverter must have between 1 and 5 match patterns.".to_owned());
        }
        let format = given.target_format.as_deref().unwrap_or(DEFAULT_FORMAT);
        if format.chars().count() > FORMAT_CHARACTERS_MAX {
            return Err(format!("The target format is longer than {FORMAT_CHARACTERS_MAX} characters."));
        }
        Ok(Self {
            source: Path::parse(&given.source)?,
            target: Path::parse(&given.target)?,
            patterns: given.match_patterns.iter().map(pattern).collect::<Result<_, _>>()?,
            source_zone: named(&given.source_timezone)?,
            format: Pattern::parse(format)?,
            target_zone: named(&given.target_timezone)?,
        })
    }
}

fn is_english(locale: &str) -> bool {
    let language = locale.split(['-', '_']).next().unwrap_or_default();
    language.eq_ignore_ascii_case("en") || locale.eq_ignore_ascii_case("root") || locale.is_empty()
}

impl Step for Times {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        let text = match self.source.get(&event.root) {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let time = self.patterns.iter().find_map(|matched| match matched {
            Matched::Pattern(pattern) => pattern.read(&text, &self.source_zone),
            Matched::Epoch => epoch(&text),
        });
        let written = time.and_then(|time| self.format.write(time, &self.target_zone));
        let written = written.ok_or_else(|| format!("The field {} matches no date pattern.", self.source))?;
        self.target.set(&mut event.root, Value::String(written))
    }
}

fn epoch(text: &str) -> Option<i64> {
    /// The year 5138 in seconds, March 1973 in milliseconds.
    const SECONDS_MAX: f64 = 1e11;
    let number: f64 = text.parse().ok()?;
    let millis = if number.abs() < SECONDS_MAX { number * 1000.0 } else { number };
    (millis.abs() < 1e15).then_some(millis as i64)
}
