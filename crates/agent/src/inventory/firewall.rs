//! `Custom:Firewall`: the rules of nftables, else those of iptables, and what ufw says of itself.
//!
//! Counters, and elements that sets gather by themselves, are left out: they would be a change each time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::command::{Command, Said};
use super::host::Host;
use super::item::{Entry, entry};

/// The rules of nftables.
pub const NFT: Command = Command { program: "nft", arguments: &["--json", "--stateless", "list", "ruleset"] };
/// The rules of iptables.
pub const IPTABLES: Command = Command { program: "iptables-save", arguments: &[] };
/// Those for IPv6.
pub const IP6TABLES: Command = Command { program: "ip6tables-save", arguments: &[] };
/// The simple firewall.
pub const UFW: Command = Command { program: "ufw", arguments: &["status", "verbose"] };

/// The type, and the version of its attributes.
pub const TYPE: (&str, &str) = ("Custom:Firewall", "1.0");

/// The rules of a host; `None` when it has no program that knows of any.
///
/// # Errors
/// A program failed, as all do that are not run by root.
pub fn collect(host: &Host) -> Result<Option<Vec<Entry>>, String> {
    let asked = [NFT, IPTABLES, IP6TABLES, UFW];
    if asked.iter().all(|command| *host.said(command) == Said::Missing) {
        return Ok(None);
    }
    let text = |command: &Command| match host.said(command) {
        Said::Missing => Ok(""),
        Said::Failed(why) => Err(format!("{}: {why}", command.program)),
        Said::Text(text) => Ok(text.as_str()),
    };
    let mut entries = match text(&NFT)? {
        "" => Vec::new(),
        json => parse_nft(json).ok_or("nft: what it printed is not of the known form")?,
    };
    // Rules that iptables keeps in nftables are there already; the older form knows others.
    if entries.is_empty() {
        entries.extend(parse_iptables(text(&IPTABLES)?, "ip"));
        entries.extend(parse_iptables(text(&IP6TABLES)?, "ip6"));
    }
    entries.extend(parse_ufw(text(&UFW)?));
    Ok(Some(entries))
}

/// Chains, rules and sets of a rule set in JSON; `None` when it is another form.
pub fn parse_nft(text: &str) -> Option<Vec<Entry>> {
    let ruleset: Value = serde_json::from_str(text).ok()?;
    let objects = ruleset.get("nftables")?.as_array()?;
    let mut positions = Positions::default();
    Some(objects.iter().filter_map(|object| nft_object(object, &mut positions)).collect())
}

/// Counts the rules of each chain: their order is part of what they say. (The handles that nftables has are
/// others after each loading of the same rules.)
#[derive(Default)]
struct Positions(BTreeMap<[String; 3], usize>);

impl Positions {
    fn next(&mut self, chain: [String; 3]) -> String {
        let position = self.0.entry(chain).or_default();
        *position += 1;
        position.to_string()
    }
}

fn nft_object(object: &Value, positions: &mut Positions) -> Option<Entry> {
    let (kind, of) = object.as_object()?.iter().next()?;
    let get = |name: &str| match &of[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let chain = if kind == "chain" { get("name") } else { get("chain") };
    let (name, rule) = match kind.as_str() {
        "chain" => (String::new(), String::new()),
        "rule" => (String::new(), stateless(&of["expr"]).to_string()),
        "set" | "map" if is_dynamic(of) => (get("name"), String::new()),
        "set" | "map" => {
            (get("name"), if of["elem"].is_null() { String::new() } else { stateless(&of["elem"]).to_string() })
        }
        _ => return None,
    };
    let position = match kind.as_str() {
        "rule" => positions.next([get("family"), get("table"), get("chain")]),
        _ => String::new(),
    };
    Some(entry([
        ("Tool", "nftables"),
        ("Kind", kind),
        ("Family", &get("family")),
        ("Table", &get("table")),
        ("Chain", &chain),
        ("Hook", &get("hook")),
        ("Priority", &get("prio")),
        ("Policy", &get("policy")),
        ("Position", &position),
        ("Name", &name),
        ("Rule", &rule),
        ("Comment", &get("comment")),
    ]))
}

/// Whether packets put elements into a set, or time takes them out.
fn is_dynamic(set: &Value) -> bool {
    let flags = set["flags"].as_array().into_iter().flatten();
    !set["timeout"].is_null() || flags.clone().any(|flag| flag == "dynamic" || flag == "timeout")
}

/// The same without what was counted.
fn stateless(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(stateless).collect(),
        Value::Object(members) => {
            let kept = members.iter().map(|(name, value)| match name.as_str() {
                // A named counter is a text, and no state.
                "counter" if value.is_object() => (name.clone(), Value::Null),
                _ => (name.clone(), stateless(value)),
            });
            Value::Object(kept.collect())
        }
        other => other.clone(),
    }
}

/// Chains and rules as `iptables-save` writes them.
pub fn parse_iptables(text: &str, family: &str) -> Vec<Entry> {
    let (mut table, mut positions) = ("", Positions::default());
    let mut entries = Vec::new();
    for line in text.lines().map(str::trim) {
        let of = |kind: &str, chain: &str, more: &[(&'static str, &str)]| {
            let first = [("Tool", "iptables"), ("Kind", kind), ("Family", family), ("Table", table), ("Chain", chain)];
            entry(first.into_iter().chain(more.iter().copied()))
        };
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some(word) if word.starts_with('*') => table = &word[1..],
            Some(word) if word.starts_with(':') => {
                // A chain that is not built in has no policy.
                let policy = words.next().filter(|policy| *policy != "-").unwrap_or_default();
                entries.push(of("chain", &word[1..], &[("Policy", policy)]));
            }
            Some("-A") => {
                let chain = words.next().unwrap_or_default();
                let position = positions.next([family, table, chain].map(str::to_owned));
                entries.push(of("rule", chain, &[("Position", &position), ("Rule", line)]));
            }
            _ => {}
        }
    }
    entries
}

/// The state of ufw, and its rules as it writes them.
pub fn parse_ufw(text: &str) -> Vec<Entry> {
    let get = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
    let state = entry([("Tool", "ufw"), ("Kind", "state"), ("Status", get("Status:")), ("Policy", get("Default:"))]);
    let rules = text.lines().skip_while(|line| !line.starts_with("--")).skip(1);
    let rules = rules.map(|line| line.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
    let rules = rules.filter(|rule| !rule.is_empty());
    let rules = rules.zip(1..).map(|(rule, position)| {
        entry([("Tool", "ufw"), ("Kind", "rule"), ("Position", &*position.to_string()), ("Rule", &*rule)])
    });
    Some(state).filter(|state| state.contains_key("Status")).into_iter().chain(rules).collect()
}

#[cfg(test)]
mod tests;
