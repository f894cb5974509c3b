//! Which files a step makes: a pure function of the trail and the events.

use std::collections::BTreeMap;

use base::{Entropy, Region, Timestamp};

use super::FileRecord;
use super::arrivals::Arrival;
use super::file::{Folder, log_key};
use crate::trails::{Selection, Trail};

/// The characters of the part of a file's name that is its own.
const UNIQUE: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A file for each region of which events are selected, and one for the Insights events of each.
pub(super) fn files(
    trail: &Trail,
    selection: &Selection,
    events: &[Arrival],
    entropy: &dyn Entropy,
) -> Vec<FileRecord> {
    let mut newest: BTreeMap<(&Region, Folder), Timestamp> = BTreeMap::new();
    for Arrival { folder, event, .. } in events.iter().filter(|arrival| arrival.is_taken(selection)) {
        let time = newest.entry((&event.region, *folder)).or_insert(event.time);
        *time = event.time.max(*time);
    }
    let (prefix, account) = (trail.record.prefix.as_deref(), &trail.scope.account);
    let file = |((region, folder), newest): ((&Region, Folder), Timestamp)| FileRecord {
        region: region.clone(),
        folder,
        bucket: trail.record.bucket.clone(),
        key: log_key(prefix, folder, account, region, newest, &unique(entropy)),
    };
    newest.into_iter().map(file).collect()
}

/// Sixteen letters and digits.
fn unique(entropy: &dyn Entropy) -> String {
    let mut unique = String::with_capacity(16);
    let mut random = [0; 24];
    while unique.len() < 16 {
        entropy.fill(&mut random);
        // What is past the last whole set of characters would make some of them likelier.
        let fair = random.iter().filter(|byte| **byte < 248).map(|byte| char::from(UNIQUE[usize::from(*byte) % 62]));
        unique.extend(fair.take(16 - unique.len()));
    }
    unique
}
