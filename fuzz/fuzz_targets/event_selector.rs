//! Event selectors over records: lines such as `eventName = A B`, and a record in the last. Nothing fails, and a selector
//! that trails take takes events of its category alone.

#![no_main]

use lang::event_selector::{Facts, FieldSelector, Selector, check};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (lines, record) = text.rsplit_once('\n').unwrap_or(("", text));
    let Ok(facts) = Facts::of_record(record) else { return };
    let selector = Selector { name: None, fields: lines.lines().filter_map(field).collect() };
    let matches = selector.matches(&facts);
    if check(std::slice::from_ref(&selector)).is_ok() && matches {
        assert_eq!(selector.category(), facts.category());
    }
});

fn field(line: &str) -> Option<FieldSelector> {
    let mut words = line.split(' ').map(str::to_owned);
    let (name, operator) = (words.next()?, words.next()?);
    let values = Some(words.collect());
    let field = FieldSelector { field: name, ..FieldSelector::default() };
    Some(match operator.as_str() {
        "=" => FieldSelector { equals: values, ..field },
        "^=" => FieldSelector { starts_with: values, ..field },
        "$=" => FieldSelector { ends_with: values, ..field },
        "!=" => FieldSelector { not_equals: values, ..field },
        "!^=" => FieldSelector { not_starts_with: values, ..field },
        _ => FieldSelector { not_ends_with: values, ..field },
    })
}
