//! The processors as the API has them; in JSON they are spelled as there, so that what was given can be given back.

use serde::{Deserialize, Serialize};

/// A processor: exactly one member is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each member is the processor of its name (logs.md TR-2, TR-3)")]
pub struct Processor {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_keys: Option<AddKeys>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_value: Option<CopyValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csv: Option<Csv>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_time_converter: Option<DateTimeConverter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_keys: Option<WithKeys>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grok: Option<Grok>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_to_map: Option<ListToMap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower_case_string: Option<WithKeys>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub move_keys: Option<MoveKeys>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parse_cloudfront: Option<Vended>,
    #[serde(rename = "parseJSON", skip_serializing_if = "Option::is_none")]
    pub parse_json: Option<ParseJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parse_key_value: Option<ParseKeyValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parse_postgres: Option<Vended>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parse_route53: Option<Vended>,
    #[serde(rename = "parseToOCSF", skip_serializing_if = "Option::is_none")]
    pub parse_to_ocsf: Option<ParseToOcsf>,
    #[serde(rename = "parseVPC", skip_serializing_if = "Option::is_none")]
    pub parse_vpc: Option<Vended>,
    #[serde(rename = "parseWAF", skip_serializing_if = "Option::is_none")]
    pub parse_waf: Option<Vended>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rename_keys: Option<RenameKeys>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split_string: Option<SplitString>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute_string: Option<SubstituteString>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trim_string: Option<WithKeys>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_converter: Option<TypeConverter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upper_case_string: Option<WithKeys>,
}

/// Defines structures that are spelled in JSON as the API spells them.
macro_rules! structures {
    ($($documentation:literal $name:ident { $($member:ident: $kind:ty,)* })*) => {
        $(
            #[doc = $documentation]
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase", deny_unknown_fields)]
            #[expect(missing_docs, reason = "the members are the API's")]
            pub struct $name {
                $(#[serde(skip_serializing_if = "absent")] #[serde(default)] pub $member: $kind,)*
            }
        )*
    };
}

/// Whether a member is left out of JSON.
fn absent<T: PartialEq + Default>(member: &T) -> bool {
    *member == T::default()
}

structures! {
    "`parseVPC` and its like: they take the whole message." Vended {
        source: Option<String>,
    }
    "`parseToOCSF`." ParseToOcsf {
        source: Option<String>,
        event_source: String,
        ocsf_version: String,
        mapping_version: Option<String>,
    }
    "`parseJSON`." ParseJson {
        source: Option<String>,
        destination: Option<String>,
    }
    "`csv`." Csv {
        quote_character: Option<String>,
        delimiter: Option<String>,
        columns: Option<Vec<String>>,
        source: Option<String>,
        destination: Option<String>,
    }
    "`parseKeyValue`." ParseKeyValue {
        source: Option<String>,
        destination: Option<String>,
        field_delimiter: Option<String>,
        key_value_delimiter: Option<String>,
        key_prefix: Option<String>,
        non_match_value: Option<String>,
        overwrite_if_exists: Option<bool>,
    }
    "`grok`." Grok {
        source: Option<String>,
        r#match: String,
    }
    "`addKeys`." AddKeys {
        entries: Vec<AddKey>,
    }
    "An entry of `addKeys`." AddKey {
        key: String,
        value: String,
        overwrite_if_exists: Option<bool>,
    }
    "`copyValue`." CopyValue {
        entries: Vec<FromTo>,
    }
    "`moveKeys`." MoveKeys {
        entries: Vec<FromTo>,
    }
    "An entry of `copyValue` and `moveKeys`." FromTo {
        source: String,
        target: String,
        overwrite_if_exists: Option<bool>,
    }
    "`renameKeys`." RenameKeys {
        entries: Vec<RenameKey>,
    }
    "An entry of `renameKeys`." RenameKey {
        key: String,
        rename_to: String,
        overwrite_if_exists: Option<bool>,
    }
    "`deleteKeys`, and what changes strings in place." WithKeys {
        with_keys: Vec<String>,
    }
    "`listToMap`." ListToMap {
        source: String,
        key: String,
        value_key: Option<String>,
        target: Option<String>,
        flatten: Option<bool>,
        flattened_element: Option<String>,
    }
    "`splitString`." SplitString {
        entries: Vec<Split>,
    }
    "An entry of `splitString`." Split {
        source: String,
        delimiter: String,
    }
    "`substituteString`." SubstituteString {
        entries: Vec<Substitute>,
    }
    "An entry of `substituteString`." Substitute {
        source: String,
        from: String,
        to: String,
    }
    "`typeConverter`." TypeConverter {
        entries: Vec<TypeConversion>,
    }
    "An entry of `typeConverter`." TypeConversion {
        key: String,
        r#type: String,
    }
    "`dateTimeConverter`." DateTimeConverter {
        source: String,
        target: String,
        target_format: Option<String>,
        match_patterns: Vec<String>,
        source_timezone: Option<String>,
        target_timezone: Option<String>,
        locale: Option<String>,
    }
}
