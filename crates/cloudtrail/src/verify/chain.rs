//! From digest to digest, the newest first.

use std::collections::{BTreeMap, BTreeSet};

use base::Timestamp;
use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;

use super::names::{DIGESTS, DigestName, digest_name};
use super::report::{Gap, Problem, Report, Subject};
use super::{FoundObject, Newest, Objects, PublicKeys, Request};
use crate::delivery::{gunzipped, sha256_hex};
use crate::digests::{
    ALGORITHM, DigestDocument, HOUR_MS, LogFile, SHA256, SIGNATURE, SIGNATURE_ALGORITHM, signed_text, verified,
};

/// Objects that are read at once.
const PARALLEL: usize = 16;

/// A bucket and a key of it.
pub(super) type Place = (String, String);

/// A verification under way.
pub(super) struct Walk<'a> {
    pub(super) objects: &'a dyn Objects,
    pub(super) keys: &'a PublicKeys,
    pub(super) request: &'a Request,
    pub(super) report: Report,
    /// All digests of the folder by when their hour ended, those of other trails and times among them.
    pub(super) named: BTreeSet<(Timestamp, String, DigestName)>,
    /// Log files that good digests list.
    pub(super) known: BTreeSet<Place>,
    /// Log files that are not there, by the hash of what they held.
    pub(super) lost: BTreeMap<String, Place>,
    /// Hours that a good digest tells of.
    pub(super) covered: Vec<Hour>,
    /// Hours whose digest is gone or damaged, and others of which nothing can be known.
    pub(super) broken: Vec<Hour>,
    /// Buckets and the roots in them that the trail delivered to.
    pub(super) roots: BTreeSet<Place>,
    /// Digests that were looked at.
    seen: BTreeSet<Place>,
}

/// The hour of a digest, or a longer time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hour {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

/// What the digest after, or whoever else knows, says of a digest.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    hash: Option<String>,
    signature: Option<String>,
}

/// A digest that could be read, with what came with it.
pub(super) struct Read {
    pub(super) document: DigestDocument,
    text: Vec<u8>,
    metadata: Option<BTreeMap<String, String>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(objects: &'a dyn Objects, keys: &'a PublicKeys, request: &'a Request) -> Self {
        let roots = BTreeSet::from([(request.bucket.clone(), request.root.clone())]);
        Self {
            objects,
            keys,
            request,
            report: Report::default(),
            named: BTreeSet::new(),
            known: BTreeSet::new(),
            lost: BTreeMap::new(),
            covered: Vec::new(),
            broken: Vec::new(),
            roots,
            seen: BTreeSet::new(),
        }
    }

    /// Verifies the hourly digests of the range.
    pub(super) async fn digests(&mut self) -> Result<(), String> {
        self.list().await?;
        let (mut waiting, mut claims) = (self.in_range(Kind::Hourly), BTreeMap::new());
        self.expect_newest(&mut waiting, &mut claims);
        // Where what is known begins, and whether a chain begins there.
        let mut edge: Option<Edge> = None;
        while let Some((end, place)) = waiting.pop_last() {
            if !self.seen.insert(place.clone()) {
                continue;
            }
            let is_linked = claims.contains_key(&place);
            if let Some(edge) = edge.take().filter(|edge| !is_linked && end < edge.at) {
                self.leave_gap(end, edge);
            }
            let claim = claims.remove(&place);
            let Some(document) = self.digest(&place, end, claim.as_ref()).await? else {
                edge = Some(Edge { at: end.plus_millis(-HOUR_MS), is_start: false });
                continue;
            };
            let start = Timestamp::parse_iso(&document.digest_start_time).unwrap_or(Timestamp::MIN);
            let (bucket, object) = (document.previous_bucket.clone(), document.previous_object.clone());
            let (Some(bucket), Some(object)) = (bucket, object) else {
                edge = Some(Edge { at: start, is_start: true });
                continue;
            };
            self.covered.push(Hour { start, end });
            let place = (bucket, object);
            if start >= self.request.from {
                waiting.insert((start, place.clone()));
                let (hash, signature) = (document.previous_hash, document.previous_signature);
                claims.insert(place, Claim { hash, signature });
            }
        }
        Ok(())
    }

    /// Verifies the digests of files that were late, which are a chain of their own (cloudtrail.md §6.5).
    pub(super) async fn backfill_digests(&mut self) -> Result<(), String> {
        let (mut waiting, mut claims) = (self.in_range(Kind::Backfill), BTreeMap::new());
        while let Some((end, place)) = waiting.pop_last() {
            if !self.seen.insert(place.clone()) {
                continue;
            }
            let claim = claims.remove(&place);
            let Some(document) = self.digest(&place, end, claim.as_ref()).await? else { continue };
            if let (Some(bucket), Some(object)) = (document.previous_bucket, document.previous_object) {
                let place = (bucket, object);
                let claim = Claim { hash: document.previous_hash, signature: document.previous_signature };
                let name = digest_name(&place.1, &self.request.name.account, &self.request.name.region);
                if let Some(name) = name.filter(|name| name.end >= self.request.from) {
                    waiting.insert((name.end, place.clone()));
                    claims.insert(place, claim);
                }
            }
        }
        Ok(())
    }

    /// Lists the folder of digests.
    async fn list(&mut self) -> Result<(), String> {
        let Request { name, bucket, root, .. } = self.request;
        let folder = format!("{root}{DIGESTS}{}/", name.region);
        for listed in self.objects.list(bucket, &folder).await? {
            match digest_name(&listed.key, &name.account, &name.region) {
                Some(found) => drop(self.named.insert((found.end, listed.key, found))),
                // Empty markers of folders are the trail's own.
                None if listed.key.ends_with('/') => {}
                None => {
                    // Whoever keeps what is read keeps what gives the damage away.
                    self.objects.get(bucket, &listed.key).await?;
                    self.report.add(Subject::Digest, bucket, &listed.key, Some(Problem::NoDigest));
                }
            }
        }
        Ok(())
    }

    /// The trail's digests that are to be looked at, by the end of their hour, and then by where they are.
    fn in_range(&self, kind: Kind) -> BTreeSet<(Timestamp, Place)> {
        let Request { name, bucket, from, to, .. } = self.request;
        // A digest lists files of the hour before its end.
        let last = to.plus_millis(HOUR_MS);
        let of_trail = self.named.iter().filter(|(_, _, found)| found.chain == *name && Kind::of(found) == kind);
        let in_range = of_trail.filter(|(end, _, _)| *end >= *from && *end <= last);
        in_range.map(|(end, key, _)| (*end, (bucket.clone(), key.clone()))).collect()
    }

    /// Holds the end of the chain against what is known of it.
    fn expect_newest(&mut self, waiting: &mut BTreeSet<(Timestamp, Place)>, claims: &mut BTreeMap<Place, Claim>) {
        match &self.request.newest {
            Newest::Unknown => {}
            Newest::Is(newest) => {
                if newest.end >= self.request.from && newest.end <= self.request.to.plus_millis(HOUR_MS) {
                    let place = (newest.bucket.clone(), newest.key.clone());
                    waiting.insert((newest.end, place.clone()));
                    let (hash, signature) = (Some(newest.hash.clone()), Some(newest.signature.clone()));
                    claims.insert(place, Claim { hash, signature });
                }
            }
            Newest::Delivered(delivered) => {
                let of_trail = |found: &DigestName| found.chain == self.request.name && !found.is_backfill;
                let last = self.named.iter().rev().find(|(_, _, found)| of_trail(found)).map(|(end, _, _)| *end);
                // One is delivered when its hour has ended, or up to an hour later.
                let is_cut = last.is_none_or(|last| last.plus_millis(HOUR_MS) < *delivered);
                if is_cut && *delivered <= self.request.to {
                    self.report.cut_off = Some(*delivered);
                    self.broken.push(Hour { start: last.unwrap_or(Timestamp::MIN), end: *delivered });
                }
            }
        }
    }

    /// Verifies a digest and the log files it lists. Gives its document when what it says of others counts.
    async fn digest(
        &mut self,
        place: &Place,
        end: Timestamp,
        claim: Option<&Claim>,
    ) -> Result<Option<DigestDocument>, String> {
        let (bucket, key) = place;
        let found = self.objects.get(bucket, key).await?;
        let (read, problem) = judge(found, place, self.keys, claim);
        self.report.add(Subject::Digest, bucket, key, problem.clone());
        let is_unsigned = problem == Some(Problem::NoSignature);
        // What a digest that was not signed like this says of others counts for nothing.
        let counts =
            matches!(problem, None | Some(Problem::OtherHash | Problem::OtherSignature | Problem::NoSignature));
        let Some(document) = read.map(|read| read.document).filter(|_| counts) else {
            self.broken.push(Hour { start: end.plus_millis(-HOUR_MS), end });
            return Ok(None);
        };
        self.report.keys.insert(document.digest_public_key_fingerprint.clone());
        if let Some((root, _)) = key.split_once(DIGESTS) {
            self.roots.insert((bucket.clone(), root.to_owned()));
        }
        let objects = self.objects;
        let judged = stream::iter(&document.log_files).map(|file| judge_log(objects, file)).buffered(PARALLEL);
        let judged: Vec<_> = judged.collect().await;
        for (file, problem) in document.log_files.iter().zip(judged) {
            let problem = problem?.or(is_unsigned.then_some(Problem::ByUnsigned));
            let place = (file.bucket.clone(), file.object.clone());
            if problem == Some(Problem::NotFound) {
                self.lost.insert(file.hash_value.clone(), place.clone());
            }
            self.report.add(Subject::LogFile, &file.bucket, &file.object, problem);
            self.known.insert(place);
        }
        Ok(Some(document))
    }

    /// No digest tells of the time from the end of one to where what is known begins.
    fn leave_gap(&mut self, end: Timestamp, edge: Edge) {
        if !edge.is_start {
            self.broken.push(Hour { start: end, end: edge.at });
        }
        self.report.gaps.push(Gap { from: end, to: edge.at, is_known: edge.is_start });
    }
}

/// Where what is known of a trail begins.
#[derive(Clone, Copy)]
struct Edge {
    at: Timestamp,
    /// A chain begins there: there was nothing before. Otherwise a digest is damaged.
    is_start: bool,
}

/// Which digests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hourly,
    Backfill,
}

impl Kind {
    fn of(name: &DigestName) -> Self {
        if name.is_backfill { Self::Backfill } else { Self::Hourly }
    }
}

/// Reads a digest and says what is wrong with it. One that is damaged is read all the same as far as that goes.
pub(super) fn judge(
    found: Option<FoundObject>,
    place: &Place,
    keys: &PublicKeys,
    claim: Option<&Claim>,
) -> (Option<Read>, Option<Problem>) {
    let Some(found) = found else { return (None, Some(Problem::NotFound)) };
    let Some(read) = read(found) else { return (None, Some(Problem::Format)) };
    let problem = problem_of(&read, place, keys, claim);
    (Some(read), problem)
}

fn read(found: FoundObject) -> Option<Read> {
    let text = gunzipped(&found.body)?;
    let document = serde_json::from_slice(&text).ok()?;
    Some(Read { document, text, metadata: found.metadata })
}

fn problem_of(read: &Read, place: &Place, keys: &PublicKeys, claim: Option<&Claim>) -> Option<Problem> {
    let Read { document, text, metadata } = read;
    if (&document.bucket, &document.object) != (&place.0, &place.1) {
        return Some(Problem::Moved);
    }
    let Some(public) = keys.get(&document.digest_public_key_fingerprint) else {
        return Some(Problem::NoKey(document.digest_public_key_fingerprint.clone()));
    };
    let signature = match metadata {
        Some(metadata) => {
            let algorithm = metadata.get(SIGNATURE_ALGORITHM).map(String::as_str);
            metadata.get(SIGNATURE).filter(|_| algorithm == Some(ALGORITHM))
        }
        // A copy without metadata lacks signatures, but the digest after each holds it as well.
        None => match claim.and_then(|claim| claim.signature.as_ref()) {
            Some(signature) => Some(signature),
            None => return Some(Problem::NoSignature),
        },
    };
    if !signature.is_some_and(|signature| verified(public, &signed_text(document, text), signature)) {
        return Some(Problem::Signature);
    }
    let claim = claim?;
    if claim.hash.as_ref() != Some(&sha256_hex(text)) {
        return Some(Problem::OtherHash);
    }
    if claim.signature.as_ref() != signature {
        return Some(Problem::OtherSignature);
    }
    None
}

async fn judge_log(objects: &dyn Objects, file: &LogFile) -> Result<Option<Problem>, String> {
    let Some(found) = objects.get(&file.bucket, &file.object).await? else { return Ok(Some(Problem::NotFound)) };
    let Some(content) = gunzipped(&found.body) else { return Ok(Some(Problem::Format)) };
    if file.hash_algorithm != SHA256 || sha256_hex(&content) != file.hash_value {
        return Ok(Some(Problem::Hash));
    }
    let Ok(content) = serde_json::from_slice::<LogContent>(&content) else { return Ok(Some(Problem::Format)) };
    Ok((!content.is_of(file)).then_some(Problem::Times))
}

/// What every log file is.
#[derive(Deserialize)]
struct LogContent {
    #[serde(rename = "Records")]
    records: Vec<LogRecord>,
}

#[derive(Deserialize)]
struct LogRecord {
    #[serde(rename = "eventTime")]
    time: Option<String>,
}

impl LogContent {
    /// Whether its events are of the times that the digest says, to the second.
    fn is_of(&self, file: &LogFile) -> bool {
        let times = || self.records.iter().filter_map(|record| Timestamp::parse_iso(record.time.as_deref()?));
        let same = |time: Option<Timestamp>, said: &str| match (time, Timestamp::parse_iso(said)) {
            (Some(time), Some(said)) => time.truncate_to_secs() == said.truncate_to_secs(),
            // There is nothing to compare.
            (None, _) | (_, None) => true,
        };
        same(times().min(), &file.oldest_event_time) && same(times().max(), &file.newest_event_time)
    }
}
