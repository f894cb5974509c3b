//! The reference page of metric math, made from what the functions say of themselves.

use std::fmt::Write;

use super::arguments::{Parameter, Type};
use super::functions::{Evaluation, FUNCTIONS, Function};

/// What stands before the functions.
const INTRODUCTION: &str = include_str!("reference/introduction.md");

/// The page, in Markdown: `docs/metric-math.md`.
pub fn reference() -> String {
    let (functions, refused): (Vec<&Function>, Vec<&Function>) =
        FUNCTIONS.iter().copied().partition(|function| matches!(function.evaluation, Evaluation::With(_)));
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## Functions\n\n| Function | |\n|---|---|\n");
    for function in &functions {
        row(&mut page, &[&link(function), function.title]);
    }
    for function in &functions {
        section(&mut page, function);
    }
    page.push_str("\n## Known and refused\n\nThese functions of AWS need what does not exist here.\n\n");
    page.push_str("| Function | |\n|---|---|\n");
    for function in &refused {
        row(&mut page, &[&format!("`{}`", function.name), function.description]);
    }
    page
}

fn section(page: &mut String, function: &Function) {
    // Writing to a string does not fail.
    let _ = write!(page, "\n### {}\n\n```\n{}\n```\n", function.name, signature(function));
    let _ = write!(page, "\n{}\n\n| Example | Given | Gives |\n|---|---|---|\n", function.description);
    for example in function.examples {
        row(page, &[&code(example.expression), &code(example.given), &code(example.gives)]);
    }
}

/// `SLICE(array: TS[], start: S, end?: S) -> TS[]`
fn signature(function: &Function) -> String {
    let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
    format!("{}({}) -> {}", function.name, parameters.join(", "), function.returns)
}

fn parameter(parameter: &Parameter) -> String {
    let types: Vec<&str> = parameter.types.iter().map(|kind| abbreviation(*kind)).collect();
    let mark = if parameter.optional { "?" } else { "" };
    format!("{}{mark}: {}", parameter.name, types.join(" | "))
}

fn abbreviation(kind: Type) -> &'static str {
    match kind {
        Type::Scalar => "S",
        Type::Series => "TS",
        Type::Array => "TS[]",
        Type::Text => "STR",
        Type::Id => "id",
        Type::Number => "number",
        Type::Keyword(keyword) => keyword.name(),
    }
}

fn link(function: &Function) -> String {
    format!("[`{}`](#{})", function.name, function.name.to_lowercase())
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", text.replace('|', "\\|")) }
}

fn row(page: &mut String, cells: &[&str]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}
