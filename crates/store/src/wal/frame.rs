//! The bytes of a segment: its header and its frames.
//!
//! Header, 32 bytes: magic (8), segment number (8), sequence number of the first row (8),
//! CRC-32C of these (4), zero (4). Frames follow, each at a multiple of 8 bytes:
//! payload length (4), CRC-32C of the other fields, the segment number and the payload
//! (4), sequence number of the first row (8), payload. The payload is the raw length (4)
//! and zstd of: row count (4), then for each row its table (1), length (4) and bytes.
//! All numbers are little-endian. A length of zero ends the segment.

use std::io;

use bytes::Bytes;

use super::Entry;
use crate::disk::DiskFile;

/// Bytes of a segment's header.
pub(super) const HEADER_BYTES: u64 = 32;
/// Bytes of a row in a payload beside the row itself.
pub(super) const ENTRY_BYTES: usize = 5;

const MAGIC: &[u8; 8] = b"TWWAL\0\0\x01";
const FRAME_HEAD: usize = 16;
// More than any group holds; guards the reader against a length that lies.
const RAW_BYTES_MAX: usize = 1 << 30;
const ZSTD_LEVEL: i32 = 1;
// Memory for a frame's rows that is kept for the next frame.
const RAW_BYTES_KEPT: usize = 1 << 20;
// What every payload starts with: the raw length and the mark of zstd.
const PAYLOAD_HEAD: usize = 8;
const ZSTD_MAGIC: u32 = 0xfd2f_b528;

/// Bytes that can be read anywhere: a file, or a slice in tests and fuzzing.
pub(super) trait ReadAt {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

impl ReadAt for [u8] {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let read = buffer.len().min(self.len() - start);
        buffer[..read].copy_from_slice(&self[start..start + read]);
        Ok(read)
    }
}

impl ReadAt for dyn DiskFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        DiskFile::read_at(self, offset, buffer)
    }
}

fn read_full(source: &(impl ReadAt + ?Sized), offset: u64, buffer: &mut [u8]) -> io::Result<bool> {
    let mut done = 0;
    while done < buffer.len() {
        match source.read_at(offset + done as u64, &mut buffer[done..])? {
            0 => return Ok(false),
            read => done += read,
        }
    }
    Ok(true)
}

/// The header of segment `number`, whose first row is `first_lsn`.
pub(super) fn encode_header(number: u64, first_lsn: u64) -> [u8; HEADER_BYTES as usize] {
    let mut header = [0; HEADER_BYTES as usize];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&number.to_le_bytes());
    header[16..24].copy_from_slice(&first_lsn.to_le_bytes());
    let crc = crc32c::crc32c(&header[..24]);
    header[24..28].copy_from_slice(&crc.to_le_bytes());
    header
}

/// Reads the header of segment `number`: the number of its first row, if it is whole.
pub(super) fn read_header(source: &(impl ReadAt + ?Sized), number: u64) -> io::Result<Option<u64>> {
    let mut header = [0; HEADER_BYTES as usize];
    if !read_full(source, 0, &mut header)? {
        return Ok(None);
    }
    let first_lsn = u64_at(&header, 16);
    Ok((header == encode_header(number, first_lsn)).then_some(first_lsn))
}

/// Makes frames, with one compression context for all of them.
pub(super) struct FrameEncoder {
    compressor: zstd::bulk::Compressor<'static>,
    // The rows of the frame in the making.
    raw: Vec<u8>,
}

impl FrameEncoder {
    /// An encoder.
    ///
    /// # Errors
    /// There is no memory for the context.
    pub fn new() -> io::Result<Self> {
        Ok(Self { compressor: zstd::bulk::Compressor::new(ZSTD_LEVEL)?, raw: Vec::new() })
    }

    /// One frame with the rows from `lsn` on, padded to whole 8 bytes.
    pub fn encode<'a>(&mut self, segment: u64, lsn: u64, entries: impl Iterator<Item = &'a Entry>) -> Vec<u8> {
        let raw = &mut self.raw;
        raw.clear();
        raw.extend_from_slice(&[0; 4]);
        let mut count = 0u32;
        for entry in entries {
            raw.push(entry.table);
            raw.extend_from_slice(&(entry.row.len() as u32).to_le_bytes());
            raw.extend_from_slice(&entry.row);
            count += 1;
        }
        raw[..4].copy_from_slice(&count.to_le_bytes());
        let packed = self.compressor.compress(raw).expect("zstd compresses into memory it allocates");
        let payload_len = (packed.len() + 4) as u32;
        let mut frame = Vec::with_capacity(FRAME_HEAD + packed.len() + 16);
        frame.extend_from_slice(&payload_len.to_le_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(&lsn.to_le_bytes());
        frame.extend_from_slice(&(raw.len() as u32).to_le_bytes());
        frame.extend_from_slice(&packed);
        seal(segment, &mut frame);
        frame.resize(frame.len().next_multiple_of(8), 0);
        // A group as large as that is rare: its memory is not kept.
        if raw.capacity() > RAW_BYTES_KEPT {
            *raw = Vec::new();
        }
        frame
    }
}

/// Sets the checksum of a frame of segment `number` whose other bytes are in place.
pub(super) fn seal(segment: u64, frame: &mut [u8]) {
    let (payload_len, lsn) = (u32_at(frame, 0), u64_at(frame, 8));
    let crc = frame_crc(segment, payload_len, lsn, &frame[FRAME_HEAD..]);
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
}

fn frame_crc(segment: u64, payload_len: u32, lsn: u64, payload: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&segment.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &payload_len.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &lsn.to_le_bytes());
    crc32c::crc32c_append(crc, payload)
}

/// What stands at a place in a segment.
pub(super) enum Step {
    /// A frame.
    Frame {
        /// The sequence number of the first row.
        lsn: u64,
        /// The rows.
        entries: Vec<Entry>,
        /// Where the next frame starts.
        next: u64,
    },
    /// Nothing: a length of zero, or the end of the file.
    End,
    /// Bytes that are no frame, and why.
    Bad(&'static str),
}

/// Reads what stands at `offset` of segment `number`, which is `len` bytes long.
pub(super) fn read_frame(source: &(impl ReadAt + ?Sized), number: u64, offset: u64, len: u64) -> io::Result<Step> {
    let (lsn, payload) = match read_payload(source, number, offset, len)? {
        Payload::Whole { lsn, payload } => (lsn, payload),
        Payload::End => return Ok(Step::End),
        Payload::Bad(detail) => return Ok(Step::Bad(detail)),
    };
    let end = offset + (FRAME_HEAD + payload.len()) as u64;
    let next = end.next_multiple_of(8);
    let mut padding = [0; 7];
    let padding = &mut padding[..(next.min(len).max(end) - end) as usize];
    // No checksum covers the padding, so that it says itself whether it is as written. What
    // follows a torn frame is not looked at: the frame is not whole.
    if read_full(source, end, padding)? && padding.iter().any(|byte| *byte != 0) {
        return Ok(Step::Bad("the bytes after a frame are not zero"));
    }
    Ok(match decode_payload(&payload) {
        Some(entries) => Step::Frame { lsn, entries, next },
        None => Step::Bad("a frame's rows do not decode"),
    })
}

enum Payload {
    Whole { lsn: u64, payload: Vec<u8> },
    End,
    Bad(&'static str),
}

fn read_payload(source: &(impl ReadAt + ?Sized), number: u64, offset: u64, len: u64) -> io::Result<Payload> {
    let mut head = [0; FRAME_HEAD];
    if !read_full(source, offset, &mut head)? {
        return Ok(Payload::End);
    }
    let payload_len = u32_at(&head, 0);
    if payload_len == 0 {
        return Ok(if head == [0; FRAME_HEAD] { Payload::End } else { Payload::Bad("a frame has no length") });
    }
    if u64::from(payload_len) > len.saturating_sub(offset + FRAME_HEAD as u64) {
        return Ok(Payload::Bad("a frame runs past the end of the file"));
    }
    let mut start = [0; PAYLOAD_HEAD];
    if !read_full(source, offset + FRAME_HEAD as u64, &mut start)? || !starts_payload(&start) {
        return Ok(Payload::Bad("a frame's rows do not decode"));
    }
    let mut payload = vec![0; payload_len as usize];
    if !read_full(source, offset + FRAME_HEAD as u64, &mut payload)? {
        return Ok(Payload::Bad("a frame runs past the end of the file"));
    }
    let lsn = u64_at(&head, 8);
    if frame_crc(number, payload_len, lsn, &payload) != u32_at(&head, 4) {
        return Ok(Payload::Bad("a frame's checksum does not match"));
    }
    Ok(Payload::Whole { lsn, payload })
}

/// Whether a payload may start like this: told without reading all of it.
fn starts_payload(start: &[u8]) -> bool {
    u32_at(start, 0) as usize <= RAW_BYTES_MAX && u32_at(start, 4) == ZSTD_MAGIC
}

fn decode_payload(payload: &[u8]) -> Option<Vec<Entry>> {
    let (raw_len, packed) = payload.split_at_checked(4)?;
    let raw_len = u32_at(raw_len, 0) as usize;
    let packed_len = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    if raw_len > RAW_BYTES_MAX || packed_len != Some(raw_len as u64) {
        return None;
    }
    let raw = zstd::bulk::decompress(packed, raw_len).ok()?;
    let (count, mut rest) = raw.split_at_checked(4)?;
    let mut entries = Vec::new();
    for _ in 0..u32_at(count, 0) {
        let (head, after) = rest.split_at_checked(ENTRY_BYTES)?;
        let (row, after) = after.split_at_checked(u32_at(head, 1) as usize)?;
        entries.push(Entry { table: head[0], row: Bytes::copy_from_slice(row) });
        rest = after;
    }
    rest.is_empty().then_some(entries)
}

/// What stands in a segment from `offset` on, where no frame was found.
pub(super) enum Tail {
    /// Zeros: the segment ends there.
    Zeros,
    /// Something, but no whole frame: a torn write.
    Torn,
    /// A whole frame at this offset: what precedes it was once whole too.
    Frame(u64),
}

/// Looks for a whole frame with rows past `lsn` anywhere after `offset`.
pub(super) fn inspect_tail(
    source: &(impl ReadAt + ?Sized),
    number: u64,
    offset: u64,
    len: u64,
    lsn: u64,
) -> io::Result<Tail> {
    let mut zeros = true;
    let mut chunk = vec![0; 1 << 18];
    let blank = vec![0; chunk.len()];
    let mut at = offset;
    while at < len {
        let read = source.read_at(at, &mut chunk)?;
        if read == 0 {
            break;
        }
        if chunk[..read] != blank[..read] {
            zeros = false;
            for start in (0..read).step_by(8) {
                let words = &chunk[start..read];
                // Invariant: frames start at whole 8 bytes, so no start is skipped.
                let plausible = words.len() < FRAME_HEAD + PAYLOAD_HEAD
                    || (u32_at(words, 0) != 0 && u64_at(words, 8) >= lsn && starts_payload(&words[FRAME_HEAD..]));
                let place = at + start as u64;
                if plausible
                    && matches!(read_payload(source, number, place, len)?, Payload::Whole { lsn: found, .. } if found >= lsn)
                {
                    return Ok(Tail::Frame(place));
                }
            }
        }
        at += if read == chunk.len() { read as u64 } else { (read as u64).next_multiple_of(8) };
    }
    Ok(if zeros { Tail::Zeros } else { Tail::Torn })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
