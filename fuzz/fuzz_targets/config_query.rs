//! Advanced queries of AWS Config: whatever parses prints as text that parses to the same, and runs. What needles and
//! names pass over is in no result.

#![no_main]

use lang::config_query::{Error, Plan, Query};
use libfuzzer_sys::fuzz_target;

const DOCUMENT: &str = r#"{"resourceType":"AWS::EC2::Volume","resourceId":"vol-1","configuration":{"size":8,"a":[{"b":"10.0.0.0/8"},
    {"b":null}],"state":"in-use","at":"2026-07-04T09:30:00Z","on":true},"tags":[{"key":"k","value":"v","tag":"k=v"}]}"#;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let query = match Query::parse(text) {
        Ok(query) => query,
        Err(Error::Syntax { line, column }) => {
            let written = text.split('\n').nth(line - 1).expect("a mistake is in a line");
            return assert!(column <= written.chars().count() + 1);
        }
        Err(_) => return,
    };
    assert_eq!(Query::parse(&query.to_string()).as_ref(), Ok(&query));
    let plan = Plan::new(query);
    let document = plan.wanted().read(DOCUMENT.as_bytes()).expect("the document is JSON");
    let mut run = plan.run(1, None);
    run.offer("x", &document).expect("one document has few groups");
    let outcome = run.finish();
    assert!(outcome.results.len() <= 1 || plan.is_grouped());
    let known = |name: &str| (name == "resourceType").then_some("AWS::EC2::Volume");
    let is_passed_over = !plan.may_match(&known) || !plan.needle(&|_| true).may_match(DOCUMENT);
    assert!(!is_passed_over || outcome.results.is_empty() || plan.is_grouped());
});
