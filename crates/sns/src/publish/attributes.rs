//! Message attributes (cloudwatch.md §8.4).

use std::collections::BTreeMap;

use api::ServiceError;
use api::sns::{errors, types};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::record::MessageAttribute;

const NAME_CHARS_MAX: usize = 255;

/// The attributes, checked.
///
/// # Errors
/// `ParameterValueInvalid`, as AWS words it.
pub(super) fn check(
    given: Vec<(String, types::MessageAttributeValue)>,
) -> Result<BTreeMap<String, MessageAttribute>, ServiceError> {
    let mut attributes = BTreeMap::new();
    for (name, value) in given {
        check_name(&name)?;
        let attribute = attribute(&name, value)?;
        if attributes.insert(name.clone(), attribute).is_some() {
            return Err(invalid(format!("Message attribute name '{name}' already exists.")));
        }
    }
    Ok(attributes)
}

fn invalid(message: impl Into<String>) -> ServiceError {
    errors::invalid_parameter_value_exception(message)
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    if name.is_empty() {
        return Err(invalid("The request must contain non-empty message attribute name."));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(invalid("Length of message attribute name must be less than 256 bytes."));
    }
    if name.starts_with('.') {
        return Err(invalid("Invalid message attribute name starting with character '.' was found."));
    }
    if name.ends_with('.') {
        return Err(invalid("Invalid message attribute name ending with character '.' was found."));
    }
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if let Some(other) = name.chars().find(|c| !inside(*c)) {
        return Err(invalid(format!(
            "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. Can only include \
             alphanumeric characters, hyphens, underscores, or dots.",
            u32::from(other)
        )));
    }
    match name.contains("..") {
        true => Err(invalid("Message attribute name can not have successive '.' character.")),
        false => Ok(()),
    }
}

/// Which of the fields of an attribute's value its type uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    String,
    Binary,
}

fn attribute(name: &str, value: types::MessageAttributeValue) -> Result<MessageAttribute, ServiceError> {
    let types::MessageAttributeValue { data_type, string_value, binary_value } = value;
    if data_type.is_empty() {
        return Err(invalid(format!("The message attribute '{name}' must contain non-empty message attribute type.")));
    }
    let field = match data_type.split('.').next() {
        Some("String" | "Number") => Field::String,
        Some("Binary") => Field::Binary,
        _ => {
            return Err(invalid(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type \
                 prefixes is Binary, Number, and String."
            )));
        }
    };
    let binary = binary_value.map(|blob| STANDARD.encode(blob.0));
    let (wanted, other) = match field {
        Field::String => (string_value, binary),
        Field::Binary => (binary, string_value),
    };
    let value = match (wanted, other) {
        (None, Some(_)) => {
            return Err(invalid(format!(
                "The message attribute '{name}' with type '{data_type}' must use field '{field:?}'."
            )));
        }
        (None, None) => String::new(),
        (Some(value), _) => value,
    };
    if value.is_empty() {
        return Err(invalid(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message attribute \
             type '{data_type}'."
        )));
    }
    if data_type.starts_with("Number") && !value.trim().parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(invalid(format!("Could not cast message attribute '{name}' value to number.")));
    }
    Ok(MessageAttribute { data_type, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data_type: &str, value: &str) -> types::MessageAttributeValue {
        types::MessageAttributeValue {
            data_type: data_type.to_owned(),
            string_value: Some(value.to_owned()),
            binary_value: None,
        }
    }

    fn refusal(name: &str, value: types::MessageAttributeValue) -> String {
        let error = check(vec![(name.to_owned(), value)]).unwrap_err();
        assert_eq!(error.code, "ParameterValueInvalid");
        error.message.unwrap()
    }

    #[test]
    fn wrong_attributes_are_refused_in_aws_words() {
        for (name, value, expected) in [
            (
                "a",
                text("String", ""),
                "The message attribute 'a' must contain non-empty message attribute value for message attribute \
                 type 'String'.",
            ),
            ("a", text("Binary", "x"), "The message attribute 'a' with type 'Binary' must use field 'Binary'."),
            (
                "a",
                text("Text", "x"),
                "The message attribute 'a' has an invalid message attribute type, the set of supported type \
                 prefixes is Binary, Number, and String.",
            ),
            ("a", text("Number", "x"), "Could not cast message attribute 'a' value to number."),
            (".a", text("String", "x"), "Invalid message attribute name starting with character '.' was found."),
            ("a.", text("String", "x"), "Invalid message attribute name ending with character '.' was found."),
            ("a..b", text("String", "x"), "Message attribute name can not have successive '.' character."),
            (
                "a b",
                text("String", "x"),
                "Invalid non-alphanumeric character '#x20' was found in the message attribute name. Can only \
                 include alphanumeric characters, hyphens, underscores, or dots.",
            ),
        ] {
            assert_eq!(refusal(name, value), expected);
        }
        assert!(refusal(&"a".repeat(256), text("String", "x")).starts_with("Length of message attribute name"));
    }

    #[test]
    fn types_may_have_labels_and_binary_values_are_kept_in_base64() {
        let binary = types::MessageAttributeValue {
            data_type: "Binary.gif".to_owned(),
            string_value: None,
            binary_value: Some(wire::value::Blob(b"\x00\xff".to_vec())),
        };
        let given = vec![
            ("b".to_owned(), binary),
            ("n".to_owned(), text("Number.float", "-1.5e3")),
            ("l".to_owned(), text("String.Array", r#"["x"]"#)),
        ];
        let attributes = check(given).unwrap();
        assert_eq!(attributes["b"].value, "AP8=");
        assert_eq!((attributes["n"].data_type.as_str(), attributes.len()), ("Number.float", 3));
    }
}
