//! The members of a record that have columns of their own.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::LakeColumn;

/// The values of a record's columns, packed into one text; absent ones are null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Members {
    text: String,
    spans: [Option<(u32, u32)>; LakeColumn::COUNT],
}

impl Default for Members {
    fn default() -> Self {
        Self { text: String::new(), spans: [None; LakeColumn::COUNT] }
    }
}

impl Members {
    /// Those of a record. A record that is no JSON object has none.
    pub fn of_record(record: &str) -> Self {
        let mut members = Self::default();
        let mut json = serde_json::Deserializer::from_str(record);
        let read = json.deserialize_map(Object { members: &mut members, place: Place::Record });
        match read.and_then(|()| json.end()) {
            Ok(()) => {
                members.text.shrink_to_fit();
                members
            }
            Err(_) => Self::default(),
        }
    }

    /// The value of a column; booleans are `true` and `false`.
    pub fn get(&self, column: LakeColumn) -> Option<&str> {
        let (start, end) = self.spans[column as usize]?;
        self.text.get(start as usize..end as usize)
    }

    /// The value of a column of booleans.
    pub fn flag(&self, column: LakeColumn) -> Option<bool> {
        self.get(column).map(|text| text == "true")
    }

    /// Sets a value, in place of one that was set before.
    pub fn set(&mut self, column: LakeColumn, value: &str) {
        if column.is_flag() && !matches!(value, "true" | "false") {
            self.spans[column as usize] = None;
            return;
        }
        let start = self.text.len() as u32;
        self.text.push_str(value);
        self.spans[column as usize] = Some((start, self.text.len() as u32));
    }

    /// Bytes in memory beside the struct itself.
    pub fn bytes(&self) -> usize {
        self.text.capacity()
    }
}

/// Which object is read.
#[derive(Clone, Copy)]
enum Place {
    Record,
    User,
}

/// What the value of a key is for.
enum Wanted {
    Column(LakeColumn),
    User,
    Nothing,
}

struct Object<'m> {
    members: &'m mut Members,
    place: Place,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(wanted) = map.next_key_seed(Name(self.place))? {
            match wanted {
                Wanted::Column(column) => map.next_value_seed(Scalar { members: self.members, column })?,
                Wanted::User => map.next_value_seed(Object { members: self.members, place: Place::User })?,
                Wanted::Nothing => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    // An identity that is no object has no members; a record that is none is no record.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.no_object()
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.no_object()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.no_object()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.no_object()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.no_object()
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.no_object()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        self.no_object()
    }
}

impl Object<'_> {
    fn no_object<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.place {
            Place::Record => Err(E::custom("a record is an object")),
            Place::User => Ok(()),
        }
    }
}

/// A key, told by name without keeping it.
struct Name(Place);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Wanted;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Wanted, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Wanted;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a member's name")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Wanted, E> {
        let column = match self.0 {
            Place::Record if name == "userIdentity" => return Ok(Wanted::User),
            Place::Record => LakeColumn::of_member(name),
            Place::User => LakeColumn::of_user_member(name),
        };
        Ok(column.map_or(Wanted::Nothing, Wanted::Column))
    }
}

/// A value that becomes a column's.
struct Scalar<'m> {
    members: &'m mut Members,
    column: LakeColumn,
}

impl<'de> DeserializeSeed<'de> for Scalar<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.members.spans[self.column as usize] = None;
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.visit_str(if value { "true" } else { "false" })
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        let text = serde_json::to_string(&value).map_err(E::custom)?;
        self.visit_str(&text)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.members.set(self.column, value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        self.visit_unit()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.visit_unit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_taken_from_the_top_and_from_the_identity() {
        let record = r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:x","sessionContext":{"arn":"no"},
            "userName":"ann \"é\""},"eventName":"PutObject","readOnly":false,"managementEvent":true,
            "requestParameters":{"eventName":"no","readOnly":true},"errorCode":null,"apiVersion":20150101}"#;
        let members = Members::of_record(record);
        let expected = [
            (LakeColumn::EventVersion, "1.11"),
            (LakeColumn::EventName, "PutObject"),
            (LakeColumn::ReadOnly, "false"),
            (LakeColumn::ManagementEvent, "true"),
            (LakeColumn::ApiVersion, "20150101"),
            (LakeColumn::UserType, "IAMUser"),
            (LakeColumn::UserArn, "arn:x"),
            (LakeColumn::UserName, "ann \"é\""),
        ];
        for column in LakeColumn::ALL {
            let value = expected.iter().find(|(of, _)| *of == column).map(|(_, value)| *value);
            assert_eq!(members.get(column), value, "{column:?}");
        }
    }

    #[test]
    fn odd_values_are_null_and_odd_records_have_no_members() {
        for (record, name, read_only) in [
            (r#"{"eventName":["a"],"readOnly":"true"}"#, None, Some(true)),
            (r#"{"eventName":{"a":1},"readOnly":"maybe"}"#, None, None),
            (r#"{"eventName":1.5,"readOnly":1,"userIdentity":"me"}"#, Some("1.5"), None),
            (r#"{"eventName":"a","eventName":"b","userIdentity":null}"#, Some("b"), None),
            (r#"{"eventName":"a","eventName":null,"userIdentity":[{}]}"#, None, None),
            (r#"{"eventName":"a""#, None, None),
            (r#"{"eventName":"a"} more"#, None, None),
            (r#"["eventName"]"#, None, None),
            ("", None, None),
        ] {
            let members = Members::of_record(record);
            assert_eq!(members.get(LakeColumn::EventName), name, "{record}");
            assert_eq!(members.flag(LakeColumn::ReadOnly), read_only, "{record}");
        }
    }
}
