//! The directory inside a file: which rows are of which resource.
//!
//! Who wants one resource reads one bucket of some 64 entries, and then the rows that are of the resource and nothing
//! else of them than times and item; in a file that has none, the bucket is all that is read.
//!
//! The directory lies before the Parquet footer, which names it under `trailwatch.resources`: format, offset, the number
//! of buckets and of entries, and the CRC-32C of the header followed by all of these. Header: for each bucket, the
//! number of entries up to its end (4). The buckets follow, each with its CRC-32C (4). An entry has 8 bytes, from the
//! highest bit on: a mark of the resource (24 bits), the first of its rows (24), and how many they are (16); entries of a
//! bucket ascend. A resource with more rows has several entries, and two resources may have one mark: what rows are of is
//! told by their checksum, which is also over the names.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Resource;
use crate::blobs::Blob;
use crate::error::StoreError;

/// The key of the footer's metadata that names the directory.
pub(super) const METADATA_KEY: &str = "trailwatch.resources";
/// Files have at most so many rows, as a row's place has 24 bits.
pub(super) const ROWS_MAX: u64 = 1 << 24;

const FORMAT: u32 = 1;
/// Entries of a bucket, about.
const BUCKET_ENTRIES: usize = 64;
const ENTRY_ROWS_MAX: usize = (1 << 16) - 1;
const ENTRY_BYTES: usize = 8;
const CRC_BYTES: usize = 4;
const END_BYTES: usize = 4;

/// What the footer says of the directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DirectoryPlace {
    format: u32,
    offset: u64,
    buckets: u32,
    entries: u32,
    crc: u32,
}

/// Builds a directory while rows are written, in order.
#[derive(Default)]
pub(super) struct DirectoryBuilder {
    last: Option<Arc<Resource>>,
    rows: usize,
    // The hash of each resource, with the rows that are its.
    runs: Vec<(u64, Range<usize>)>,
}

impl DirectoryBuilder {
    /// Adds the next row of the file.
    pub fn add(&mut self, resource: &Arc<Resource>) {
        let at = self.rows;
        self.rows += 1;
        if let (Some(last), Some((_, rows))) = (&self.last, self.runs.last_mut())
            && last == resource
        {
            rows.end = at + 1;
            return;
        }
        self.runs.push((hash(resource), at..at + 1));
        self.last = Some(resource.clone());
    }

    /// The directory's bytes, which will lie at `offset`, and what the footer says of them.
    pub fn finish(self, offset: u64) -> (Vec<u8>, DirectoryPlace) {
        let count = self.runs.len().div_ceil(BUCKET_ENTRIES).max(1);
        let mut buckets = vec![Vec::new(); count];
        for (hash, rows) in self.runs {
            for start in rows.clone().step_by(ENTRY_ROWS_MAX) {
                let len = (rows.end - start).min(ENTRY_ROWS_MAX);
                buckets[bucket_of(hash, count)].push((mark_of(hash) << 40) | ((start as u64) << 16) | len as u64);
            }
        }
        let (mut header, mut body, mut entries) = (Vec::new(), Vec::new(), 0);
        for bucket in &mut buckets {
            bucket.sort_unstable();
            entries += bucket.len() as u32;
            header.extend_from_slice(&entries.to_le_bytes());
            let bytes: Vec<u8> = bucket.iter().flat_map(|entry| entry.to_le_bytes()).collect();
            body.extend_from_slice(&bytes);
            body.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        }
        let mut place = DirectoryPlace { format: FORMAT, offset, buckets: count as u32, entries, crc: 0 };
        place.crc = place.crc_with(&header);
        (header.into_iter().chain(body).collect(), place)
    }
}

impl DirectoryPlace {
    /// The checksum of the header and of what the footer says.
    fn crc_with(&self, header: &[u8]) -> u32 {
        let mut crc = crc32c::crc32c_append(crc32c::crc32c(header), &self.offset.to_le_bytes());
        for number in [self.format, self.buckets, self.entries] {
            crc = crc32c::crc32c_append(crc, &number.to_le_bytes());
        }
        crc
    }

    fn header_bytes(&self) -> u64 {
        u64::from(self.buckets) * END_BYTES as u64
    }

    fn bytes(&self) -> u64 {
        self.header_bytes() + u64::from(self.entries) * ENTRY_BYTES as u64 + u64::from(self.buckets) * CRC_BYTES as u64
    }
}

/// The directory of an open file; buckets are read when they are asked for.
#[derive(Debug)]
pub(super) struct Directory {
    buckets_at: u64,
    // The number of entries up to the end of each bucket.
    ends: Vec<u32>,
}

impl Directory {
    /// Reads and checks the header; `place` is what the footer says.
    pub fn load(blob: &dyn Blob, len: u64, path: &Path, place: &str) -> Result<Self, StoreError> {
        let damaged = |detail: &str| StoreError::damaged(path, detail);
        let place: DirectoryPlace =
            serde_json::from_str(place).map_err(|_| damaged("its directory of resources is not described"))?;
        if place.format != FORMAT {
            return Err(damaged(&format!("its directory of resources has the unknown format {}", place.format)));
        }
        if place.offset.saturating_add(place.bytes()) > len {
            return Err(damaged("its directory of resources lies past the end"));
        }
        let mut header = vec![0; place.header_bytes() as usize];
        let read = blob.read_exact_at(place.offset, &mut header);
        read.map_err(|error| StoreError::io("reading", path, error))?;
        if place.crc_with(&header) != place.crc {
            return Err(damaged("its directory of resources does not match its checksum"));
        }
        let ends = header.chunks_exact(END_BYTES);
        let ends: Vec<_> = ends.map(|end| u32::from_le_bytes(end.try_into().expect("four bytes"))).collect();
        if ends.last() != Some(&place.entries) || !ends.is_sorted() {
            return Err(damaged("its directory of resources is not one"));
        }
        Ok(Self { buckets_at: place.offset + place.header_bytes(), ends })
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        self.ends.len() * size_of::<u32>()
    }

    /// The rows that are the resource's, if any is; rarely they are of another that has the same mark. Each range is of
    /// one resource.
    pub fn find(&self, blob: &dyn Blob, path: &Path, resource: &Resource) -> Result<Vec<Range<usize>>, StoreError> {
        let hash = hash(resource);
        let bucket = bucket_of(hash, self.ends.len());
        let first = bucket.checked_sub(1).map_or(0, |before| self.ends[before]) as usize;
        let entries = self.ends[bucket] as usize - first;
        if entries == 0 {
            return Ok(Vec::new());
        }
        let mut bytes = vec![0; entries * ENTRY_BYTES + CRC_BYTES];
        let at = self.buckets_at + (first * ENTRY_BYTES + bucket * CRC_BYTES) as u64;
        blob.read_exact_at(at, &mut bytes).map_err(|error| StoreError::io("reading", path, error))?;
        let (entries, crc) = bytes.split_at(entries * ENTRY_BYTES);
        if crc32c::crc32c(entries).to_le_bytes() != crc {
            let detail = format!("bucket {bucket} of its directory of resources fails its checksum");
            return Err(StoreError::damaged(path, detail));
        }
        let entries = entries.chunks_exact(ENTRY_BYTES);
        let entries = entries.map(|entry| u64::from_le_bytes(entry.try_into().expect("eight bytes")));
        let of_it = entries.filter(|entry| entry >> 40 == mark_of(hash)).map(|entry| {
            let start = (entry >> 16) as usize & (ROWS_MAX as usize - 1);
            start..start + (entry & ENTRY_ROWS_MAX as u64) as usize
        });
        Ok(of_it.collect())
    }
}

/// The hash of what names a resource. It decides where files have it: it never changes.
fn hash(resource: &Resource) -> u64 {
    let scope = &resource.scope;
    let names = [scope.account.as_str(), scope.region.as_str(), &*resource.resource_type, &*resource.resource_id];
    // FNV-1a over the names, each with a byte after it that no text has, then MurmurHash3's finalizer so that all bits
    // depend on all bytes.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in names.into_iter().flat_map(|name| name.bytes().chain([0xff])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// The high half scaled to the number of buckets.
fn bucket_of(hash: u64, buckets: usize) -> usize {
    (((hash >> 32) * buckets as u64) >> 32) as usize
}

fn mark_of(hash: u64) -> u64 {
    hash & 0xff_ffff
}

/// What tells resources of one bucket apart.
#[cfg(test)]
pub(super) fn mark(resource: &Resource) -> u64 {
    mark_of(hash(resource))
}

#[cfg(test)]
mod tests;
