//! Whether advanced selectors are such as trails and event data stores take (cloudtrail.md §4.8, §7.1).

use super::data_types::is_data_type;
use super::{Category, FieldSelector, Invalid, Selector};

/// Selectors of a trail or an event data store, and values over all of them.
const SELECTORS_MAX: usize = 500;
const VALUES_MAX: usize = 500;
/// Sources whose management events can be left out (cloudtrail.md §2.2).
pub(super) const EXCLUDABLE_SOURCES: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

const MANAGEMENT_FIELDS: &[&str] = &["eventCategory", "readOnly", "eventSource"];
/// Event data stores choose among management events by more than trails do.
const STORE_MANAGEMENT_FIELDS: &[&str] = &[
    "eventCategory",
    "readOnly",
    "eventSource",
    "eventName",
    "eventType",
    "userIdentity.arn",
    "sessionCredentialFromConsole",
];
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

/// What an event data store keeps: events of calls, or of one other kind alone (cloudtrail.md §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreContent {
    /// Management events, data events, network activity.
    Calls,
    /// Insights events.
    Insights,
    /// Configuration items of AWS Config.
    ConfigurationItems,
    /// Evidence of Audit Manager.
    Evidence,
    /// Audit events that come through channels.
    AuditEvents,
}

impl StoreContent {
    /// The content that an event category belongs to.
    pub fn of_category(name: &str) -> Option<Self> {
        match name {
            "Insight" => Some(Self::Insights),
            "ConfigurationItem" => Some(Self::ConfigurationItems),
            "Evidence" => Some(Self::Evidence),
            "ActivityAuditLog" => Some(Self::AuditEvents),
            calls => Category::parse(calls).map(|_| Self::Calls),
        }
    }
}

/// Checks the selectors of a trail.
///
/// # Errors
/// What is wrong with them.
pub fn check(selectors: &[Selector]) -> Result<(), Invalid> {
    check_counts(selectors, "trail")?;
    for selector in selectors {
        let name = category_name(selector)?;
        let Some(category) = Category::parse(name) else {
            return refused(format!("The eventCategory field value {name} is not valid for a trail."));
        };
        check_fields(selector, name, fields_of(category, MANAGEMENT_FIELDS))?;
        match category {
            Category::Management => management(selector),
            Category::Data => data(selector),
            Category::NetworkActivity => network(selector),
        }?;
    }
    Ok(())
}

/// Checks the selectors of an event data store, and tells what they make it keep.
///
/// # Errors
/// What is wrong with them.
pub fn check_for_store(selectors: &[Selector]) -> Result<StoreContent, Invalid> {
    check_counts(selectors, "event data store")?;
    let mut first = None;
    for selector in selectors {
        let name = category_name(selector)?;
        let Some(content) = StoreContent::of_category(name) else {
            let text = format!("The eventCategory field value {name} is not valid for an event data store.");
            return Err(Invalid(text));
        };
        if *first.get_or_insert(content) != content {
            let text =
                format!("Events of the category {name} cannot be in one event data store with those of another.");
            return Err(Invalid(text));
        }
        match Category::parse(name) {
            Some(category) => {
                check_fields(selector, name, fields_of(category, STORE_MANAGEMENT_FIELDS))?;
                match category {
                    Category::Management => read_only(selector).and_then(|()| console(selector)),
                    Category::Data => data(selector),
                    Category::NetworkActivity => network(selector),
                }?;
            }
            None => check_fields(selector, name, &["eventCategory"])?,
        }
    }
    first.ok_or_else(|| Invalid("Specify between 1 and 500 selectors for your event data store.".to_owned()))
}

fn refused(text: impl Into<String>) -> Result<(), Invalid> {
    Err(Invalid(text.into()))
}

fn check_counts(selectors: &[Selector], of: &str) -> Result<(), Invalid> {
    if !(1..=SELECTORS_MAX).contains(&selectors.len()) {
        return refused(format!("Specify between 1 and 500 selectors for your {of}."));
    }
    let values: usize =
        selectors.iter().flat_map(|selector| &selector.fields).map(|field| field.values().count()).sum();
    match values > VALUES_MAX {
        true => refused(format!("Specify at most 500 values over all selectors of your {of}.")),
        false => Ok(()),
    }
}

/// The one value of `eventCategory`.
fn category_name(selector: &Selector) -> Result<&str, Invalid> {
    let Some(category) = field(selector, "eventCategory") else {
        return Err(Invalid("The following fields are required: [eventCategory].".to_owned()));
    };
    one_equal(category)?;
    Ok(category.equals.as_ref().and_then(|values| values.first()).map_or("", String::as_str))
}

fn fields_of(category: Category, of_management: &'static [&'static str]) -> &'static [&'static str] {
    match category {
        Category::Management => of_management,
        Category::Data => DATA_FIELDS,
        Category::NetworkActivity => NETWORK_FIELDS,
    }
}

fn check_fields(selector: &Selector, category: &str, known: &[&str]) -> Result<(), Invalid> {
    for (place, field) in selector.fields.iter().enumerate() {
        let name = &field.field;
        if !known.contains(&name.as_str()) {
            return refused(format!("The field {name} is not valid for the event category {category}."));
        }
        if selector.fields[..place].iter().any(|before| before.field == *name) {
            return refused(format!("The field {name} occurs more than once in a selector."));
        }
        if field.values().next().is_none() {
            return refused(format!("The field {name} has no values."));
        }
    }
    Ok(())
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
    console(selector)?;
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

fn console(selector: &Selector) -> Result<(), Invalid> {
    let Some(console) = field(selector, "sessionCredentialFromConsole") else { return Ok(()) };
    let is_true = |value: &String| value == "true";
    match (console.is_equals_only() || console.is_not_equals_only()) && console.values().all(is_true) {
        true => Ok(()),
        false => refused("The sessionCredentialFromConsole field takes Equals or NotEquals with the value true only."),
    }
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
