//! Versions of distributions of Python (PEP 440, in all spellings that it takes).

use std::sync::LazyLock;

use regex::Regex;

use super::{Digits, release};

/// A version's place in the order: the fields are compared one after the other.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    epoch: Digits<'a>,
    release: Vec<Digits<'a>>,
    phase: Phase<'a>,
    post: Option<Digits<'a>>,
    dev: Dev<'a>,
    local: Option<Vec<Local<'a>>>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase<'a> {
    /// It is a version in development of what has no phase yet.
    Before,
    Alpha(Digits<'a>),
    Beta(Digits<'a>),
    Candidate(Digits<'a>),
    Final,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dev<'a> {
    Dev(Digits<'a>),
    Done,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Local<'a> {
    Text(String),
    Number(Digits<'a>),
}

static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?xi-u) ^ v?
        (?: (?<epoch>[0-9]+) ! )?
        (?<release> [0-9]+ (?: \.[0-9]+ )* )
        (?: [-_.]? (?<phase> alpha|a|beta|b|preview|pre|c|rc ) [-_.]? (?<phase_number>[0-9]*) )?
        (?: -(?<implicit_post>[0-9]+) | [-_.]? (?<post> post|rev|r ) [-_.]? (?<post_number>[0-9]*) )?
        (?: [-_.]? (?<dev> dev ) [-_.]? (?<dev_number>[0-9]*) )?
        (?: \+ (?<local> [a-z0-9]+ (?: [-_.][a-z0-9]+ )* ) )? $";
    Regex::new(pattern).expect("the pattern is one")
});

/// The key of a version, if it is one.
pub(super) fn key(text: &str) -> Option<Key<'_>> {
    let found = VERSION.captures(text.trim())?;
    let part = |name: &str| found.name(name).map(|part| part.as_str());
    let number = |name: &str| Digits::new(part(name).unwrap_or_default());
    let post = match part("implicit_post") {
        Some(number) => Some(Digits::new(number)),
        None => part("post").map(|_| number("post_number")),
    };
    let dev = part("dev").map_or(Dev::Done, |_| Dev::Dev(number("dev_number")));
    let phase = match part("phase").map(|phase| phase.to_ascii_lowercase()).as_deref() {
        Some("a" | "alpha") => Phase::Alpha(number("phase_number")),
        Some("b" | "beta") => Phase::Beta(number("phase_number")),
        Some(_) => Phase::Candidate(number("phase_number")),
        None if post.is_none() && dev != Dev::Done => Phase::Before,
        None => Phase::Final,
    };
    let local = part("local").map(|local| local.split(['-', '_', '.']).map(local_part).collect());
    Some(Key { epoch: number("epoch"), release: release(part("release")?)?, phase, post, dev, local })
}

fn local_part(part: &str) -> Local<'_> {
    Digits::parse(part).map_or_else(|| Local::Text(part.to_ascii_lowercase()), Local::Number)
}
