//! A service's modelled errors: their schema, and a function that makes each.

use super::{MARK, Source};
use crate::model::Shape;
use crate::names;

/// `generated/<service>/errors.rs`.
pub fn render(source: &Source) -> String {
    let statics = source.shape_statics();
    let errors: Vec<(&str, &Shape)> = source.model.errors().collect();
    let constants = names::unique(errors.iter().map(|(name, _)| *name), names::upper_snake);
    let mut text = format!("//! The modelled errors of `{}`.\n{MARK}\n\n", source.name);
    text.push_str("use wire::schema::ErrorShape;\n\n");
    text.push_str("use crate::ServiceError;\nuse crate::schema_parts::*;\n\nuse super::schema;\n\n");
    text.push_str(&format!("pub(super) static ERRORS: [ErrorShape; {}] = [", errors.len()));
    for (name, shape) in &errors {
        text.push_str(&format!("{},\n", entry(source, name, shape, &statics[name])));
    }
    text.push_str("];\n\n");
    for (at, (name, _)) in errors.iter().enumerate() {
        let constant = &constants[name];
        text.push_str(&format!("/// The schema of `{name}`.\n"));
        text.push_str(&format!("pub const {constant}: &ErrorShape = &ERRORS[{at}];\n\n"));
        text.push_str(&format!("/// The error `{name}`.\n"));
        text.push_str(&format!(
            "pub fn {}(message: impl Into<String>) -> ServiceError {{ ServiceError::modelled({constant}, message) }}\n\n",
            constant.to_lowercase()
        ));
    }
    text
}

/// Query errors have code and status in the model; JSON errors have their name, and 400 or 500.
fn entry(source: &Source, name: &str, shape: &Shape, shape_static: &str) -> String {
    let modelled = shape.error.as_ref();
    let code = modelled.and_then(|error| error.code.as_deref()).unwrap_or(name);
    let chosen = source.settings.statuses.get(name).copied();
    let status = chosen.or(modelled.and_then(|error| error.http_status_code));
    let status = status.unwrap_or(if shape.fault { 500 } else { 400 });
    let sender = modelled.is_some_and(|error| error.sender_fault) || (status < 500 && !shape.fault);
    let make = if sender { "sender_error" } else { "receiver_error" };
    format!("{make}({name:?}, {code:?}, {status}, &schema::{shape_static})")
}
