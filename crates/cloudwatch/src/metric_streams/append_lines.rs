//! Appends a batch to a file.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Appends whole lines and makes them durable. A line that a crash cut off is ended first, so
/// that it does not spoil the next. Blocks.
pub(super) fn append_lines(path: &Path, batch: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    file.write_all(batch)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_follow_one_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.ndjson");
        append_lines(&path, b"1\n2\n").unwrap();
        append_lines(&path, b"3\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"1\n2\n3\n");
    }

    #[test]
    fn a_line_that_was_cut_off_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.ndjson");
        std::fs::write(&path, b"1\n{\"a").unwrap();
        append_lines(&path, b"2\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"1\n{\"a\n2\n");
    }
}
