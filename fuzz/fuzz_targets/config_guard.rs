//! Policies in Guard's language: whatever the text, it is refused, or evaluated within its bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(policy) = config::guard::Policy::parse(text) else { return };
    let document = r#"{"a":{"b":[1,"c",null,{"d":true}]},"b":"text","c":[],"resourceType":"AWS::EC2::Volume"}"#;
    let document = serde_json::from_str(document).expect("this is JSON");
    let _ = policy.evaluate(&document);
});
