//! Reading and checking a policy.

use std::net::IpAddr;

use super::json::{Kind, Node, Place};
use super::{COMBINATIONS_MAX, Comparison, KEYS_MAX, Literal, Matcher, POLICY_BYTES_MAX, Rule, Scope, TextTest};

/// Names that stand for a kind of match: an `$or` over objects with them is a member's name.
const MATCH_TYPES: [&str; 7] = ["prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "cidr", "exists"];

/// The rules of a policy.
///
/// # Errors
/// What follows `Invalid parameter: `.
pub(super) fn rules(text: &str, scope: Scope) -> Result<Vec<Rule>, String> {
    let refused = |reason: &str| Err(format!("FilterPolicy: {reason}"));
    if text.len() > POLICY_BYTES_MAX {
        return refused("Filter policy can not be larger than 256 KB");
    }
    let Some(policy) = Node::parse(text) else { return refused("failed to parse JSON.") };
    let Kind::Object(members) = policy.kind else { return refused("Filter is not an object") };
    if members.len() > KEYS_MAX {
        return refused("Filter policy can not have more than 5 keys");
    }
    if combinations(&members, 1) > COMBINATIONS_MAX {
        return refused("Filter policy is too complex");
    }
    Parser { text, scope }.group(&members)
}

/// How many combinations of values there are: the product over all lists, each nested one times
/// its depth; alternatives of `$or` add up.
fn combinations(members: &[(String, Node)], depth: u64) -> u64 {
    let of_member = |(key, node): &(String, Node)| match &node.kind {
        Kind::Array(items) => match alternatives(key, items) {
            Some(groups) => groups.iter().fold(0_u64, |sum, group| sum.saturating_add(combinations(group, depth))),
            None => (items.len() as u64).max(1).saturating_mul(depth),
        },
        Kind::Object(nested) => combinations(nested, depth + 1),
        _ => 1,
    };
    members.iter().map(of_member).fold(1, u64::saturating_mul)
}

/// The groups of an `$or`: a list of at least two objects without the name of a match type.
fn alternatives<'n>(key: &str, items: &'n [Node]) -> Option<Vec<&'n [(String, Node)]>> {
    if key != "$or" || items.len() < 2 {
        return None;
    }
    let group = |node: &'n Node| match &node.kind {
        Kind::Object(members) => {
            let plain = !members.iter().any(|(key, _)| MATCH_TYPES.contains(&key.as_str()));
            (plain && !members.is_empty()).then_some(members.as_slice())
        }
        _ => None,
    };
    items.iter().map(group).collect()
}

struct Parser<'a> {
    text: &'a str,
    scope: Scope,
}

impl Parser<'_> {
    fn group(&self, members: &[(String, Node)]) -> Result<Vec<Rule>, String> {
        members.iter().map(|(key, node)| self.rule(key, node)).collect()
    }

    fn rule(&self, key: &str, node: &Node) -> Result<Rule, String> {
        match &node.kind {
            Kind::Array(items) if items.is_empty() => Err("FilterPolicy: Empty arrays are not allowed".to_owned()),
            Kind::Array(items) => match alternatives(key, items) {
                Some(groups) => {
                    let groups: Result<_, _> = groups.into_iter().map(|group| self.group(group)).collect();
                    Ok(Rule::Or(groups?))
                }
                None => {
                    let matchers: Result<_, _> = items.iter().map(|item| self.matcher(item)).collect();
                    Ok(Rule::Field(key.to_owned(), matchers?))
                }
            },
            Kind::Object(_) if self.scope == Scope::MessageAttributes => {
                Err("Filter policy scope MessageAttributes does not support nested filter policy".to_owned())
            }
            Kind::Object(members) if members.is_empty() => {
                Err("FilterPolicy: Empty objects are not allowed".to_owned())
            }
            Kind::Object(members) => Ok(Rule::Nested(key.to_owned(), self.group(members)?)),
            _ => Err(self.at(node.reached, &format!("\"{key}\" must be an object or an array"))),
        }
    }

    fn matcher(&self, node: &Node) -> Result<Matcher, String> {
        if let Some(literal) = literal(node) {
            return Ok(Matcher::Exact(literal));
        }
        let Kind::Object(members) = &node.kind else {
            return refused("Match value must be String, number, true, false, or null");
        };
        let [(name, operand)] = members.as_slice() else {
            return refused("Only one key allowed in match expression");
        };
        match name.as_str() {
            "exists" => match operand.kind {
                Kind::Bool(wanted) => Ok(Matcher::Exists(wanted)),
                _ => refused("exists match pattern must be either true or false."),
            },
            "anything-but" => self.anything_but(operand),
            "numeric" => self.numeric(operand),
            "cidr" => match &operand.kind {
                Kind::Text(text) => cidr(text),
                _ => refused("CIDR match pattern must be a string"),
            },
            _ => match text_test(name, operand) {
                Some(test) => Ok(Matcher::Text(test?)),
                None => refused(&format!("Unrecognized match type {name}")),
            },
        }
    }

    fn anything_but(&self, node: &Node) -> Result<Matcher, String> {
        match &node.kind {
            Kind::Text(_) | Kind::Number(_) => Ok(Matcher::AnythingBut(literal(node).into_iter().collect())),
            Kind::Array(items) => {
                let texts = items.iter().all(|item| matches!(item.kind, Kind::Text(_)));
                let numbers = items.iter().all(|item| matches!(item.kind, Kind::Number(_)));
                match items.is_empty() {
                    true => refused("Empty arrays are not allowed"),
                    false if texts || numbers => Ok(Matcher::AnythingBut(items.iter().filter_map(literal).collect())),
                    false => refused(
                        "Inside anything but list, either all values are number or string, mixed type is not supported",
                    ),
                }
            }
            Kind::Object(members) => {
                let [(name, operand)] = members.as_slice() else {
                    return refused("Only one key allowed in match expression");
                };
                match text_test(name, operand).filter(|_| name != "equals-ignore-case") {
                    Some(test) => Ok(Matcher::AnythingButText(test?)),
                    None => refused(&format!("Unsupported anything-but pattern: {name}")),
                }
            }
            _ => refused("Value of anything-but must be an array or single string/number value."),
        }
    }

    /// `["=", n]`, one bound, or a lower bound and an upper one.
    fn numeric(&self, node: &Node) -> Result<Matcher, String> {
        let Kind::Array(items) = &node.kind else {
            return Err(self.at(node.reached, "Value of numeric must be an array."));
        };
        let mut terms = Vec::new();
        for pair in items.chunks(2) {
            let comparison = self.comparison(&pair[0], !terms.is_empty())?;
            let bound = pair.get(1).and_then(number);
            let Some(bound) = bound else {
                let place = pair.get(1).map_or(node.end, |node| node.reached);
                return Err(self.at(place, &format!("Value of {} must be numeric", comparison.sign())));
            };
            terms.push((comparison, bound));
        }
        let place = node.end;
        match terms.as_slice() {
            [] => Err(self.at(place, "Invalid member in numeric match: ]")),
            [_] => Ok(Matcher::Numeric(terms)),
            [(Comparison::Greater | Comparison::GreaterOrEqual, low), (second, high)] => match second {
                Comparison::Less | Comparison::LessOrEqual if low < high => Ok(Matcher::Numeric(terms)),
                Comparison::Less | Comparison::LessOrEqual => Err(self.at(place, "Bottom must be less than top")),
                _ => Err(self.at(place, &format!("Bad numeric range operator: {}", second.sign()))),
            },
            _ => Err(self.at(place, "Too many elements in numeric expression")),
        }
    }

    fn comparison(&self, node: &Node, second: bool) -> Result<Comparison, String> {
        let Kind::Text(sign) = &node.kind else {
            let written = number(node).map_or_else(|| "value".to_owned(), |number| number.to_string());
            return Err(self.at(node.reached, &format!("Invalid member in numeric match: {written}")));
        };
        let what = if second { "Bad" } else { "Unrecognized" };
        let unknown = || self.at(node.reached, &format!("{what} numeric range operator: {sign}"));
        Comparison::ALL.into_iter().find(|comparison| comparison.sign() == sign).ok_or_else(unknown)
    }

    /// An error with the place that the parser had reached.
    fn at(&self, place: Place, reason: &str) -> String {
        let Place { line, column } = place;
        format!("FilterPolicy: {reason}\n at [Source: (String)\"{}\"; line: {line}, column: {column}]", self.text)
    }
}

impl Comparison {
    const ALL: [Self; 5] = [Self::Equal, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual];

    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

fn refused<T>(reason: &str) -> Result<T, String> {
    Err(format!("FilterPolicy: {reason}"))
}

fn literal(node: &Node) -> Option<Literal> {
    Some(match &node.kind {
        Kind::Text(text) => Literal::Text(text.clone()),
        Kind::Number(_) => Literal::Number(number(node)?),
        Kind::Bool(value) => Literal::Bool(*value),
        Kind::Null => Literal::Null,
        Kind::Array(_) | Kind::Object(_) => return None,
    })
}

fn number(node: &Node) -> Option<f64> {
    match &node.kind {
        Kind::Number(number) => number.as_f64(),
        _ => None,
    }
}

/// The test of texts with this name; `None` when there is none.
fn text_test(name: &str, operand: &Node) -> Option<Result<TextTest, String>> {
    let make: fn(&str) -> TextTest = match name {
        "prefix" => |text| TextTest::Prefix(text.to_owned()),
        "suffix" => |text| TextTest::Suffix(text.to_owned()),
        "equals-ignore-case" => |text| TextTest::IgnoringCase(text.to_lowercase()),
        _ => return None,
    };
    Some(match &operand.kind {
        Kind::Text(text) => Ok(make(text)),
        _ => refused(&format!("{name} match pattern must be a string")),
    })
}

fn cidr(text: &str) -> Result<Matcher, String> {
    let Some((address, bits)) = text.split_once('/') else { return refused("Malformed CIDR, one '/' required") };
    let Ok(address) = address.parse::<IpAddr>() else {
        return refused(&format!("Malformed CIDR, {address} is no IP address"));
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    match bits.parse::<u8>().ok().filter(|bits| *bits <= most) {
        Some(bits) => Ok(Matcher::Cidr(address, bits)),
        None => refused("Malformed CIDR, mask bits must be an integer"),
    }
}
