//! What is wrong with the body of a dashboard (cloudwatch.md §5.2).
//!
//! The texts are those that AWS answers, as far as they are recorded; the others follow the wording
//! of the JSON schema checker behind them.

mod check;
mod metric_row;
mod properties;
#[cfg(test)]
mod tests;

use serde_json::Value;

use check::{Check, Node};

/// The answer when the body is no JSON object.
pub const NOT_AN_OBJECT: &str = "The field DashboardBody must be a valid JSON object";

const WIDGETS_MAX: usize = 500;
const VARIABLES_MAX: usize = 25;
const WIDGET_TYPES: [&str; 8] = ["metric", "text", "log", "alarm", "explorer", "trace", "custom", "chart"];

/// What was found, in the order of the body; each is a data path (`/widgets/0/x`) and a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validation {
    /// The body is no JSON object, and nothing else was looked at.
    pub not_an_object: bool,
    /// With any, the body is refused.
    pub errors: Vec<(String, String)>,
    /// The body is stored all the same.
    pub warnings: Vec<(String, String)>,
}

impl Validation {
    /// The message of the refusal; `None` when the body is good.
    pub fn message(&self) -> Option<String> {
        if self.not_an_object {
            Some(NOT_AN_OBJECT.to_owned())
        } else if self.errors.is_empty() {
            None
        } else {
            Some(error_message(&self.errors))
        }
    }
}

/// Checks a body. A body that passes may be stored as it was sent.
pub fn validate(body: &str) -> Validation {
    let Ok(root @ Value::Object(_)) = serde_json::from_str(body) else {
        return Validation { not_an_object: true, ..Validation::default() };
    };
    let mut check = Check::default();
    let root = Node::root(&root);
    if let Some(widgets) = check.required(&root, "widgets") {
        for widget in check.array(&widgets, 0, WIDGETS_MAX) {
            check_widget(&mut check, &widget);
        }
    }
    if let Some(variables) = root.member("variables") {
        for variable in check.array(&variables, 0, VARIABLES_MAX) {
            check_variable(&mut check, &variable);
        }
    }
    for name in ["start", "end"] {
        check.optional(&root, name, Check::string);
    }
    check.optional(&root, "periodOverride", |check, node| check.one_of(node, &["auto", "inherit"]));
    for name in root.unknown_members(&["widgets", "variables", "start", "end", "periodOverride"]) {
        check.warn(&root, format!("The \"{name}\" property is not expected, will be ignored"));
    }
    Validation { not_an_object: false, errors: check.errors, warnings: check.warnings }
}

/// The message of a refused body, in the layout that AWS was recorded with.
pub fn error_message(errors: &[(String, String)]) -> String {
    let items: Vec<String> = errors
        .iter()
        .map(|(data_path, message)| {
            let [data_path, message] = [data_path, message].map(|text| Value::from(text.as_str()));
            format!("  {{\n    \"dataPath\": {data_path},\n    \"message\": {message}\n  }}")
        })
        .collect();
    let count = errors.len();
    format!("The dashboard body is invalid, there are {count} validation errors:\n[\n{}\n]", items.join(",\n"))
}

fn check_widget(check: &mut Check, widget: &Node<'_>) {
    if !check.object(widget) {
        return;
    }
    let kind = check.required(widget, "type").filter(|kind| check.one_of(kind, &WIDGET_TYPES));
    for (name, least, most) in [("x", 0, Some(23)), ("y", 0, None), ("width", 1, Some(24)), ("height", 1, Some(1000))] {
        check.optional(widget, name, |check, node| check.integer(node, least, most));
    }
    if let Some(properties) = check.required(widget, "properties")
        && check.object(&properties)
        && let Some(kind) = kind.and_then(|kind| kind.value.as_str())
    {
        properties::check(check, kind, &properties);
    }
    for name in widget.unknown_members(&["type", "x", "y", "width", "height", "properties"]) {
        let text =
            format!("The \"{name}\" property is not expected to be part of a widget definition, will be ignored");
        check.warn(widget, text);
    }
}

fn check_variable(check: &mut Check, variable: &Node<'_>) {
    if !check.object(variable) {
        return;
    }
    if let Some(kind) = check.required(variable, "type")
        && check.one_of(&kind, &["property", "pattern"])
        && let Some(name) = kind.value.as_str()
        && let Some(target) = check.required(variable, name)
    {
        check.string(&target);
    }
    if let Some(input) = check.required(variable, "inputType") {
        check.one_of(&input, &["input", "radio", "select"]);
    }
    if let Some(id) = check.required(variable, "id") {
        check.string(&id);
    }
    check.optional(variable, "label", Check::string);
    check.optional(variable, "visible", Check::boolean);
}
