//! Keys of configurations in AWS Config's casing, which differs by type (config.md §10.3).

use serde_json::{Map, Value as Json};
use wire::value::Value;

/// How the names of members become keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Casing {
    /// The first letter lowered: `S3BucketName` is `s3BucketName`.
    LowerFirst,
    /// The leading run of capitals lowered as a whole: `OKActions` is `okactions`.
    LowerRun,
    /// As the API has them.
    Same,
}

impl Casing {
    fn key(self, name: &str) -> String {
        let run = name.chars().take_while(char::is_ascii_uppercase).count();
        let lowered = match self {
            Self::LowerFirst => run.min(1),
            Self::LowerRun => run,
            Self::Same => 0,
        };
        // Capitals of ASCII are a byte each.
        format!("{}{}", name[..lowered].to_ascii_lowercase(), &name[lowered..])
    }

    /// A part of an answer as JSON. Keys of maps are users' data and stay as they are.
    pub fn json(self, value: &Value) -> Json {
        match value {
            Value::Boolean(value) => (*value).into(),
            Value::Integer(value) => (*value).into(),
            Value::Float(value) => (*value).into(),
            Value::String(value) => value.clone().into(),
            Value::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
            Value::Timestamp(time) => time.iso_millis().into(),
            Value::List(elements) => elements.iter().map(|element| self.json(element)).collect(),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.clone(), self.json(value))).collect())
            }
            Value::Struct(inner) => {
                let members = inner.shape.structure().map_or(&[][..], |structure| structure.members);
                let entry = |(index, value): &(u16, Value)| {
                    let member = &members[usize::from(*index)];
                    (self.key(member.name), self.json(value))
                };
                Json::Object(inner.members.iter().map(entry).collect::<Map<_, _>>())
            }
            Value::Document(value) => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_lowered_as_the_type_has_it() {
        for (casing, name, key) in [
            (Casing::LowerFirst, "TrailARN", "trailARN"),
            (Casing::LowerFirst, "S3BucketName", "s3BucketName"),
            (Casing::LowerFirst, "IPRanges", "iPRanges"),
            (Casing::LowerRun, "OKActions", "okactions"),
            (Casing::LowerRun, "AlarmName", "alarmName"),
            (Casing::LowerRun, "KMSKeyArn", "kmskeyArn"),
            (Casing::LowerRun, "name", "name"),
            (Casing::Same, "TrailARN", "TrailARN"),
        ] {
            assert_eq!(casing.key(name), key, "{name}");
        }
    }
}
