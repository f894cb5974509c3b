//! The rows that are in the log but in no file yet, in memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use base::{Scope, Timestamp};

use super::lookup::Query;
use super::token::Token;
use super::{Attribute, Cursor, TrailEvent};
use crate::table_state::MemoryRows;

// What a row takes in memory beside its text, about.
const ROW_OVERHEAD_BYTES: usize = 400;

/// Rows by account and region, newest first.
#[derive(Default)]
pub(super) struct Head {
    scopes: BTreeMap<Scope, BTreeMap<Reverse<Cursor>, Slot>>,
    rows: usize,
    bytes: usize,
    last_lsn: u64,
}

struct Slot {
    // Two bits for every token of the event: most rows that do not match are passed over
    // without touching them.
    signature: u128,
    event: Arc<TrailEvent>,
}

fn signature_bits(token: Token) -> u128 {
    (1 << (token.0 & 127)) | (1 << ((token.0 >> 7) & 127))
}

impl Head {
    /// Adds a row. Rows come in the order of their numbers.
    pub fn insert(&mut self, lsn: u64, event: TrailEvent) {
        let mut signature = 0;
        Token::each_of(&event, |token| signature |= signature_bits(token));
        self.rows += 1;
        self.bytes += event.record.len() + ROW_OVERHEAD_BYTES;
        self.last_lsn = lsn;
        let scope = Scope { account: event.account.clone(), region: event.region.clone() };
        let place = Reverse(Cursor { time: event.time, lsn });
        self.scopes.entry(scope).or_default().insert(place, Slot { signature, event: Arc::new(event) });
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// All rows, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Arc<TrailEvent>)> {
        self.scopes.values().flatten().map(|(place, slot)| (place.0.lsn, &slot.event))
    }

    /// The events of the accounts and regions that `wanted` takes, from `from` on and before
    /// `to`, that have all of the attributes; in no order.
    pub fn within<'a>(
        &'a self,
        wanted: impl Fn(&Scope) -> bool + 'a,
        (from, to): (Timestamp, Timestamp),
        attributes: &'a [Attribute],
    ) -> impl Iterator<Item = &'a Arc<TrailEvent>> {
        let tokens = attributes.iter().filter_map(Token::of_attribute);
        let signature = tokens.fold(0, |bits, token| bits | signature_bits(token));
        let last = Reverse(Cursor { time: from, lsn: 0 });
        let before = Reverse(Cursor { time: to, lsn: 0 });
        let scopes = self.scopes.iter().filter(move |(scope, _)| from < to && wanted(scope));
        scopes
            .flat_map(move |(_, rows)| rows.range((Bound::Excluded(before), Bound::Included(last))))
            .filter(move |(_, slot)| slot.signature & signature == signature)
            .map(|(_, slot)| &slot.event)
            .filter(|event| attributes.iter().all(|attribute| attribute.matches(event)))
    }

    /// The first `limit` rows that a look-up asks for, newest first.
    pub fn find(&self, query: &Query, limit: usize) -> Vec<(Cursor, Arc<TrailEvent>)> {
        let mut found = Vec::new();
        for range in &query.ranges {
            let Some(rows) = self.scopes.get(&range.scope) else { continue };
            let bounds = (Bound::Excluded(Reverse(query.below)), Bound::Included(Reverse(query.lowest())));
            if query.is_empty() {
                continue;
            }
            let signature = query.token.map_or(0, signature_bits);
            let matching = rows
                .range(bounds)
                .filter(|(_, slot)| slot.signature & signature == signature)
                .filter(|(_, slot)| (!range.global_only || slot.event.global) && query.matches(&slot.event));
            found.extend(matching.take(limit).map(|(place, slot)| (place.0, slot.event.clone())));
        }
        found.sort_by_key(|(place, _)| Reverse(*place));
        found.truncate(limit);
        found
    }
}

impl MemoryRows for Head {
    fn is_empty(&self) -> bool {
        self.rows == 0
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn last_lsn(&self) -> u64 {
        self.last_lsn
    }
}
