//! Transformers and masks: the first line is a configuration or a policy, the rest a message. What is accepted
//! can be used, and a masked text has as many characters as before.

#![no_main]

use lang::mask::{Masker, Policy};
use lang::transform::{Context, Processor, Transformer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (first, message) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(processors) = serde_json::from_str::<Vec<Processor>>(first)
        && let Ok(transformer) = Transformer::new(&processors)
    {
        let context = Context { group: "g", stream: "s", account: "111122223333", region: "eu-west-1" };
        if let Ok(json) = transformer.apply(message, &context) {
            assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok_and(|value| value.is_object()));
        }
    }
    if let Ok(policy) = Policy::parse(first) {
        let masked = Masker::new([&policy]).mask(message).into_owned();
        assert_eq!(masked.chars().count(), message.chars().count());
    }
});
