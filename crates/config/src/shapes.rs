//! How items of some types look, where several rules read the same of them.

pub(crate) mod bucket;
pub(crate) mod compliance;
pub(crate) mod iam_entity;
pub(crate) mod instance;
pub(crate) mod kms_key;
pub(crate) mod management_events;
pub(crate) mod openings;
pub(crate) mod ports;
pub(crate) mod software;
pub(crate) mod trail;
pub(crate) mod version;
pub(crate) mod volume;

use crate::item::Item;
use crate::rule::Verdict;

/// Milliseconds of a day.
pub(crate) const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What is said of an item that lacks what a rule judges: it was put by somebody who does not tell it, or not read yet.
pub(crate) fn untold(what: &str) -> Verdict {
    Verdict::insufficient_data(format!("The configuration item does not tell {what}."))
}

/// That an item has a configuration at all. Only then does the absence of a member say that there is none.
pub(crate) fn described(item: &Item) -> Result<(), Verdict> {
    if item.configuration.is_object() { Ok(()) } else { Err(untold("a configuration")) }
}

/// The boolean at a path of `configuration`, which must be there.
pub(crate) fn told_flag(item: &Item, path: &str) -> Result<bool, Verdict> {
    item.flag(path).ok_or_else(|| untold(path))
}

/// The text at a path of `configuration`, which must be there.
pub(crate) fn told_text<'a>(item: &'a Item, path: &str) -> Result<&'a str, Verdict> {
    item.text(path).ok_or_else(|| untold(path))
}

/// The text at a path of `configuration`, unless it is empty.
pub(crate) fn filled_text<'a>(item: &'a Item, path: &str) -> Option<&'a str> {
    item.text(path).filter(|text| !text.is_empty())
}
