//! Ways into the segment reader for fuzzing: bytes as they are, and bytes under a checksum
//! that holds, so that what lies behind it is reached too.

use std::io;

use super::frame::{HEADER_BYTES, Step, encode_header, read_frame, read_header, seal};

/// Reads bytes as segment 1 and gives the number of rows in it, or what is wrong.
pub fn read(bytes: &[u8]) -> Result<usize, String> {
    let failed = |error: io::Error| error.to_string();
    let mut lsn = read_header(bytes, 1).map_err(failed)?.ok_or("the header is damaged")?;
    let (mut offset, mut rows, len) = (HEADER_BYTES, 0, bytes.len() as u64);
    loop {
        match read_frame(bytes, 1, offset, len).map_err(failed)? {
            Step::Frame { lsn: found, entries, next } if found == lsn => {
                lsn = lsn.checked_add(entries.len() as u64).ok_or("the sequence numbers overflow")?;
                rows += entries.len();
                offset = next;
            }
            Step::Frame { .. } => return Err(format!("a row is missing before offset {offset}")),
            Step::End => return Ok(rows),
            Step::Bad(detail) => return Err(format!("{detail} at offset {offset}")),
        }
    }
}

/// Segment 1 with one frame that holds `payload` under a checksum that is right.
pub fn sealed(payload: &[u8]) -> Vec<u8> {
    let mut segment = encode_header(1, 1).to_vec();
    let mut frame = (payload.len() as u32).to_le_bytes().to_vec();
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(&1u64.to_le_bytes());
    frame.extend_from_slice(payload);
    seal(1, &mut frame);
    segment.extend_from_slice(&frame);
    segment
}

/// A payload whose compressed rows are `raw`, whatever that holds.
pub fn packed(raw: &[u8]) -> Vec<u8> {
    let mut payload = (raw.len() as u32).to_le_bytes().to_vec();
    payload.extend(zstd::bulk::compress(raw, 1).expect("zstd compresses into memory it allocates"));
    payload
}
