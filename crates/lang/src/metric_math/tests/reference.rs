//! The reference page is true, and so are its examples.

use super::notation::run;
use crate::metric_math::functions::{Evaluation, FUNCTIONS};
use crate::metric_math::reference;

/// `UPDATE_DOCS=1 cargo test -p trailwatch-lang` writes the page anew.
#[test]
fn the_page_is_what_the_functions_say() {
    let page = reference();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metric-math.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == page, "docs/metric-math.md is stale: run with UPDATE_DOCS=1");
}

#[test]
fn the_examples_give_what_they_say() {
    for function in FUNCTIONS {
        for example in function.examples {
            assert_eq!(run(example.expression, example.given), example.gives, "{}", example.expression);
        }
    }
}

#[test]
fn every_function_has_an_example_that_calls_it() {
    for function in FUNCTIONS {
        let calls = format!("{}(", function.name);
        let called = function.examples.iter().any(|example| example.expression.contains(&calls));
        let refused = matches!(function.evaluation, Evaluation::Refused(_));
        assert!(called || refused, "{}", function.name);
    }
}

#[test]
fn functions_are_named_once_and_in_order() {
    let names: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(names, sorted);
}

#[test]
fn optional_parameters_come_last() {
    for function in FUNCTIONS {
        assert!(function.parameters.is_sorted_by_key(|parameter| parameter.optional), "{}", function.name);
    }
}
