//! Templates of conformance packs: no text may panic, and none may come to more than is taken.

#![no_main]

use base::Scope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let scope = Scope { account: "123456789012".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
    let _ = config::try_template(text, &scope);
});
