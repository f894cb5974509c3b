//! Whether advanced selectors are such as trails take (cloudtrail.md §4.8).

use super::data_types::is_data_type;
use super::{Category, FieldSelector, Invalid, Selector};

/// Selectors of a trail, and values over all of them.
const SELECTORS_MAX: usize = 500;
const VALUES_MAX: usize = 500;
/// Sources whose management events can be left out (cloudtrail.md §2.2).
pub(super) const EXCLUDABLE_SOURCES: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

const MANAGEMENT_FIELDS: &[&str] = &["eventCategory", "readOnly", "eventSource"];
const DATA_FIELDS: &[&str] = &[
    "eventCategory",
    "resources.type",
    "readOnly",
    "eventName",
    "eventSource",
    "eventType",
    "resources.ARN",
    "userIdentity.arn",
    "sessionCredentialFromConsole",
];
const NETWORK_FIELDS: &[&str] = &["eventCategory", "eventSource", "eventName", "errorCode", "vpcEndpointId"];

/// Checks the selectors of a trail.
///
/// # Errors
/// What is wrong with them.
pub fn check(selectors: &[Selector]) -> Result<(), Invalid> {
    if !(1..=SELECTORS_MAX).contains(&selectors.len()) {
        return refused("Specify between 1 and 500 selectors for your trail.");
    }
    let values: usize =
        selectors.iter().flat_map(|selector| &selector.fields).map(|field| field.values().count()).sum();
    if values > VALUES_MAX {
        return refused("Specify at most 500 values over all selectors of your trail.");
    }
    selectors.iter().try_for_each(check_selector)
}

fn refused(text: impl Into<String>) -> Result<(), Invalid> {
    Err(Invalid(text.into()))
}

fn check_selector(selector: &Selector) -> Result<(), Invalid> {
    let Some(category) = selector.fields.iter().find(|field| field.field == "eventCategory") else {
        return refused("The following fields are required: [eventCategory].");
    };
    one_equal(category)?;
    let name = category.equals.as_ref().and_then(|values| values.first()).map_or("", String::as_str);
    let Some(category) = Category::parse(name) else {
        return refused(format!("The eventCategory field value {name} is not valid for a trail."));
    };
    let known = match category {
        Category::Management => MANAGEMENT_FIELDS,
        Category::Data => DATA_FIELDS,
        Category::NetworkActivity => NETWORK_FIELDS,
    };
    for (place, field) in selector.fields.iter().enumerate() {
        let name = &field.field;
        if !known.contains(&name.as_str()) {
            return refused(format!("The field {name} is not valid for the event category {}.", category.as_str()));
        }
        if selector.fields[..place].iter().any(|before| before.field == *name) {
            return refused(format!("The field {name} occurs more than once in a selector."));
        }
        if field.values().next().is_none() {
            return refused(format!("The field {name} has no values."));
        }
    }
    match category {
        Category::Management => management(selector),
        Category::Data => data(selector),
        Category::NetworkActivity => network(selector),
    }
}

fn management(selector: &Selector) -> Result<(), Invalid> {
    read_only(selector)?;
    let Some(source) = field(selector, "eventSource") else { return Ok(()) };
    let excludable = |value: &String| EXCLUDABLE_SOURCES.contains(&value.as_str());
    if !source.is_not_equals_only() || !source.values().all(excludable) {
        return refused(
            "The eventSource field of management events takes NotEquals with kms.amazonaws.com or \
             rdsdata.amazonaws.com only.",
        );
    }
    Ok(())
}

fn data(selector: &Selector) -> Result<(), Invalid> {
    let Some(resource_type) = field(selector, "resources.type") else {
        return refused("The following fields are required: [resources.type].");
    };
    one_equal(resource_type)?;
    let name = selector.resource_type().unwrap_or_default();
    if !is_data_type(name) {
        return refused("The resources.type field value is not valid.");
    }
    read_only(selector)?;
    if let Some(console) = field(selector, "sessionCredentialFromConsole") {
        let is_true = |value: &String| value == "true";
        if !(console.is_equals_only() || console.is_not_equals_only()) || !console.values().all(is_true) {
            return refused(
                "The sessionCredentialFromConsole field takes Equals or NotEquals with the value true only.",
            );
        }
    }
    if name == "AWS::Lambda::Function"
        && let Some(arn) = field(selector, "resources.ARN")
    {
        let mut exact = [&arn.equals, &arn.not_equals].into_iter().flatten().flatten();
        if let Some(value) = exact.find(|value| value.split(':').count() != 7) {
            return refused(format!(
                "The resources.ARN field value {value} is not the ARN of a function without qualifier."
            ));
        }
    }
    Ok(())
}

fn network(selector: &Selector) -> Result<(), Invalid> {
    let Some(source) = field(selector, "eventSource") else {
        return refused("The following fields are required: [eventSource].");
    };
    one_equal(source)?;
    if let Some(error) = field(selector, "errorCode") {
        one_equal(error)?;
        if error.values().any(|value| value != "VpceAccessDenied") {
            return refused("The errorCode field takes the value VpceAccessDenied only.");
        }
    }
    Ok(())
}

fn read_only(selector: &Selector) -> Result<(), Invalid> {
    let Some(field) = field(selector, "readOnly") else { return Ok(()) };
    one_equal(field)?;
    match field.values().all(|value| value == "true" || value == "false") {
        true => Ok(()),
        false => refused("The readOnly field takes the values true and false only."),
    }
}

fn one_equal(field: &FieldSelector) -> Result<(), Invalid> {
    if field.is_equals_only() && field.values().count() == 1 {
        return Ok(());
    }
    refused(format!("The field {} takes Equals with exactly one value.", field.field))
}

fn field<'a>(selector: &'a Selector, name: &str) -> Option<&'a FieldSelector> {
    selector.fields.iter().find(|field| field.field == name)
}
