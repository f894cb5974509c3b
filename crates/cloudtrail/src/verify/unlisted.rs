//! Log files that no digest of the range lists: those that nobody delivered, and those of which nothing can be said.

use std::collections::{BTreeMap, BTreeSet};

use base::Timestamp;
use base::time::DAY_MS;

use super::chain::{Hour, Place, Walk, judge};
use super::names::{LOGS, log_slot};
use super::report::{Problem, Subject};
use super::{Listed, Request};
use crate::delivery::{gunzipped, sha256_hex};

const MINUTE_MS: i64 = 60_000;
/// A log file is named after the end of a slot of this length, and delivered that much before it at most.
const SLOT_MS: i64 = 5 * MINUTE_MS;
/// How long after the end of its slot a log file is delivered at most, when nothing stands in the way.
const LATE_MS: i64 = 65 * MINUTE_MS;
/// The same for most: a chain that ended in the middle of a delivery does not list it.
const USUALLY_LATE_MS: i64 = 15 * MINUTE_MS;
/// Days that are listed one by one.
const DAYS_MAX: i64 = 400;

/// A log file that no digest of the range lists.
struct Candidate {
    /// The end of the slot it is named after.
    slot: Timestamp,
    /// When it was put, where that is known.
    put: Option<Timestamp>,
}

/// Looks for log files that no digest lists.
pub(super) async fn look(walk: &mut Walk<'_>) -> Result<(), String> {
    let mut candidates = BTreeMap::new();
    for (bucket, root) in walk.roots.clone() {
        for listed in listed(walk, &bucket, &root).await? {
            let place = (bucket.clone(), listed.key);
            if walk.known.contains(&place) || place.1.ends_with('/') {
                continue;
            }
            let Request { name, from, to, .. } = walk.request;
            match log_slot(&place.1, &name.account, &name.region) {
                Some(slot) if slot >= from.plus_millis(SLOT_MS) && slot <= *to => {
                    candidates.insert(place, Candidate { slot, put: listed.put });
                }
                Some(_) => {}
                None => {
                    // Whoever keeps what is read keeps what gives the damage away.
                    walk.objects.get(&place.0, &place.1).await?;
                    walk.report.add(Subject::LogFile, &place.0, &place.1, Some(Problem::NoLogFile));
                }
            }
        }
    }
    remove_listed_elsewhere(walk, &mut candidates).await?;
    let (covered, broken) = (together(&walk.covered), together(&walk.broken));
    for (place, candidate) in candidates {
        let mut problem = decide(&covered, &broken, &candidate);
        // Whoever keeps what is read keeps these; there may be very many of the others.
        if !matches!(problem, Problem::Uncovered) {
            let content = walk.objects.get(&place.0, &place.1).await?.and_then(|found| gunzipped(&found.body));
            let lost = content.and_then(|content| walk.lost.get(&sha256_hex(&content)));
            if let Some(lost) = lost.filter(|_| matches!(problem, Problem::Extra { .. })) {
                problem = Problem::Extra { content_of: Some(lost.1.clone()) };
                let lost = lost.clone();
                walk.report.set(Subject::LogFile, &lost, Problem::MovedTo(place.1.clone()));
            }
        }
        walk.report.add(Subject::LogFile, &place.0, &place.1, Some(problem));
    }
    Ok(())
}

/// The log files of the range: by days where it is short, for there may be very many others.
async fn listed(walk: &Walk<'_>, bucket: &str, root: &str) -> Result<Vec<Listed>, String> {
    let Request { name, from, to, .. } = walk.request;
    let folder = format!("{root}{LOGS}{}/", name.region);
    let (first, last) = (from.millis().div_euclid(DAY_MS), to.millis().div_euclid(DAY_MS));
    if last.saturating_sub(first) > DAYS_MAX {
        return walk.objects.list(bucket, &folder).await;
    }
    let mut all = Vec::new();
    for day in first..=last {
        let day = Timestamp::from_millis(day * DAY_MS).date().replace('-', "/");
        all.extend(walk.objects.list(bucket, &format!("{folder}{day}/")).await?);
    }
    Ok(all)
}

/// Takes out what digests of other trails list, which may deliver to the same folder, and digests after the range:
/// files may be late.
async fn remove_listed_elsewhere(
    walk: &mut Walk<'_>,
    candidates: &mut BTreeMap<Place, Candidate>,
) -> Result<(), String> {
    let looked_at: BTreeSet<String> = walk.report.findings.iter().map(|finding| finding.key.clone()).collect();
    for (end, key, name) in walk.named.clone() {
        if candidates.is_empty() {
            break;
        }
        if end < walk.request.from || looked_at.contains(&key) {
            continue;
        }
        let place = (walk.request.bucket.clone(), key);
        let found = walk.objects.get(&place.0, &place.1).await?;
        let (read, problem) = judge(found, &place, walk.keys, None);
        let Some(document) = read.map(|read| read.document).filter(|_| problem.is_none()) else { continue };
        for file in document.log_files {
            candidates.remove(&(file.bucket, file.object));
        }
        let start = Timestamp::parse_iso(&document.digest_start_time).filter(|_| document.previous_object.is_some());
        if let Some(start) = start.filter(|_| name.chain == walk.request.name && !name.is_backfill) {
            walk.covered.push(Hour { start, end });
        }
    }
    Ok(())
}

/// What a file is that no digest lists.
fn decide(covered: &[Hour], broken: &[Hour], file: &Candidate) -> Problem {
    let extra = Problem::Extra { content_of: None };
    let covers = |from: Timestamp, to: Timestamp| covers(covered, from, to);
    let is_broken = |from: Timestamp, to: Timestamp| {
        let next = broken.partition_point(|span| span.start <= to);
        broken[..next].last().is_some_and(|span| from <= span.end)
    };
    let newest = covered.last().map_or(Timestamp::MIN, |span| span.end);
    let begin = file.slot.plus_millis(-SLOT_MS);
    if let Some(put) = file.put.filter(|put| *put < newest) {
        // Whichever digest tells of the moment in which it was put should list it.
        if is_broken(put.plus_millis(-SLOT_MS), put) {
            return Problem::BehindDamage;
        }
        if covers(put, put) {
            return extra;
        }
    } else if file.slot.plus_millis(LATE_MS) >= newest {
        return Problem::NotYet;
    }
    if is_broken(begin, file.slot.plus_millis(LATE_MS)) {
        return Problem::BehindDamage;
    }
    match covers(begin, file.slot.plus_millis(USUALLY_LATE_MS)) {
        true => extra,
        false => Problem::Uncovered,
    }
}

/// Hours in which one begins where the other ends, put together.
fn together(hours: &[Hour]) -> Vec<Hour> {
    let mut sorted = hours.to_vec();
    sorted.sort_by_key(|hour| hour.start);
    let mut spans: Vec<Hour> = Vec::new();
    for hour in sorted {
        match spans.last_mut() {
            Some(last) if hour.start <= last.end => last.end = last.end.max(hour.end),
            _ => spans.push(hour),
        }
    }
    spans
}

/// Whether digests tell of all the time between two moments.
fn covers(spans: &[Hour], from: Timestamp, to: Timestamp) -> bool {
    let next = spans.partition_point(|span| span.start <= from);
    spans[..next].last().is_some_and(|span| to < span.end)
}
