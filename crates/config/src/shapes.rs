//! How items of some types look, where several rules read the same of them.

pub(crate) mod bucket;
pub(crate) mod iam_entity;
pub(crate) mod kms_key;
pub(crate) mod management_events;

use crate::item::Item;
use crate::rule::Verdict;

/// What is said of an item that lacks what a rule judges: it was put by somebody who does not tell it, or not read yet.
pub(crate) fn untold(what: &str) -> Verdict {
    Verdict::insufficient_data(format!("The configuration item does not tell {what}."))
}

/// The boolean at a path of `configuration`, which must be there.
pub(crate) fn told_flag(item: &Item, path: &str) -> Result<bool, Verdict> {
    item.flag(path).ok_or_else(|| untold(path))
}
