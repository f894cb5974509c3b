//! Judging a message by a policy.

use std::net::IpAddr;

use serde_json::{Map, Number, Value};

use super::{Comparison, Literal, Matcher, Rule, TextTest};
use crate::record::Message;

/// How many dots of a name are looked at: bounds the work that a policy can ask for.
const DOTS_MAX: usize = 16;

/// The attributes that policies see, as an object. Binary ones are not among them.
pub(super) fn attributes(message: &Message) -> Value {
    let seen = message.attributes.iter().filter_map(|(name, attribute)| {
        let data_type = attribute.data_type.as_str();
        let labelled =
            |kind: &str| data_type.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let value = if labelled("String.Array") {
            serde_json::from_str(&attribute.value).ok().filter(Value::is_array)?
        } else if labelled("String") {
            Value::String(attribute.value.clone())
        } else if labelled("Number") {
            Value::Number(attribute.value.trim().parse::<f64>().ok().and_then(Number::from_f64)?)
        } else {
            return None;
        };
        Some((name.clone(), value))
    });
    Value::Object(seen.collect::<Map<_, _>>())
}

/// Whether all rules hold for an object, which may be absent.
pub(super) fn all_hold(rules: &[Rule], object: Option<&Value>) -> bool {
    rules.iter().all(|rule| match rule {
        Rule::Field(name, matchers) => field_holds(matchers, &members(object, name)),
        Rule::Nested(name, rules) => {
            let mut objects = Vec::new();
            members(object, name).into_iter().for_each(|value| collect(value, Value::is_object, &mut objects));
            match objects.is_empty() {
                true => all_hold(rules, None),
                // The rules hold for one object of an array, not each for another.
                false => objects.into_iter().any(|object| all_hold(rules, Some(object))),
            }
        }
        Rule::Or(groups) => groups.iter().any(|group| all_hold(group, object)),
    })
}

/// The members with this name: the dots of a name also lead into nested objects.
fn members<'v>(object: Option<&'v Value>, name: &str) -> Vec<&'v Value> {
    let Some(Value::Object(all)) = object else { return Vec::new() };
    let mut found: Vec<&Value> = all.get(name).into_iter().collect();
    for (at, _) in name.match_indices('.').take(DOTS_MAX) {
        let mut objects = Vec::new();
        if let Some(value) = all.get(&name[..at]) {
            collect(value, Value::is_object, &mut objects);
        }
        found.extend(objects.into_iter().flat_map(|object| members(Some(object), &name[at + 1..])));
    }
    found
}

/// The values of a kind, those in arrays included.
fn collect<'v>(value: &'v Value, is_wanted: fn(&Value) -> bool, into: &mut Vec<&'v Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, is_wanted, into)),
        value if is_wanted(value) => into.push(value),
        _ => {}
    }
}

fn field_holds(matchers: &[Matcher], values: &[&Value]) -> bool {
    let mut leaves = Vec::new();
    values.iter().for_each(|value| collect(value, |value| !value.is_object(), &mut leaves));
    matchers.iter().any(|matcher| match matcher {
        Matcher::Exists(wanted) => leaves.is_empty() != *wanted,
        matcher => leaves.iter().any(|leaf| takes(matcher, leaf)),
    })
}

fn takes(matcher: &Matcher, value: &Value) -> bool {
    match matcher {
        Matcher::Exact(literal) => equals(literal, value),
        Matcher::Text(test) => value.as_str().is_some_and(|text| passes(test, text)),
        Matcher::AnythingBut(literals) => !literals.iter().any(|literal| equals(literal, value)),
        Matcher::AnythingButText(test) => !value.as_str().is_some_and(|text| passes(test, text)),
        Matcher::Numeric(terms) => {
            let number = value.as_f64();
            number.is_some_and(|number| terms.iter().all(|(comparison, bound)| compares(*comparison, number, *bound)))
        }
        Matcher::Cidr(network, bits) => {
            let address = value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
            address.is_some_and(|address| inside(address, *network, *bits))
        }
        Matcher::Exists(wanted) => *wanted,
    }
}

fn equals(literal: &Literal, value: &Value) -> bool {
    match (literal, value) {
        (Literal::Text(wanted), Value::String(text)) => wanted == text,
        (Literal::Number(wanted), Value::Number(number)) => {
            number.as_f64().is_some_and(|number| compares(Comparison::Equal, number, *wanted))
        }
        (Literal::Bool(wanted), Value::Bool(value)) => wanted == value,
        (Literal::Null, Value::Null) => true,
        _ => false,
    }
}

fn passes(test: &TextTest, text: &str) -> bool {
    match test {
        TextTest::Prefix(prefix) => text.starts_with(prefix),
        TextTest::Suffix(suffix) => text.ends_with(suffix),
        TextTest::IgnoringCase(lower) => text.to_lowercase() == *lower,
    }
}

/// Numbers are the same when they are in the first six digits after the point: recorded; AWS
/// documents five.
fn compares(comparison: Comparison, number: f64, bound: f64) -> bool {
    let (number, bound) = ((number * 1e6).trunc(), (bound * 1e6).trunc());
    match comparison {
        Comparison::Equal => number == bound,
        Comparison::Less => number < bound,
        Comparison::LessOrEqual => number <= bound,
        Comparison::Greater => number > bound,
        Comparison::GreaterOrEqual => number >= bound,
    }
}

fn inside(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (address, network, all) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            (u128::from(u32::from(address)), u128::from(u32::from(network)), 32)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => (u128::from(address), u128::from(network), 128),
        _ => return false,
    };
    let host_bits = u32::from(all - bits);
    address.checked_shr(host_bits).unwrap_or(0) == network.checked_shr(host_bits).unwrap_or(0)
}
