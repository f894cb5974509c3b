//! The messages of a page, and sets of pages.

use std::ops::Range;

use arrow_array::{Array, StringArray, StringViewArray};
use memchr::memmem::Finder;

/// The messages of a page, end to end in one buffer.
#[derive(Debug)]
pub(crate) struct MessagePage {
    first_row: usize,
    messages: StringArray,
}

impl MessagePage {
    pub(super) fn new(first_row: usize, messages: StringArray) -> Self {
        Self { first_row, messages }
    }

    /// The rows of the file whose messages these are.
    pub fn rows(&self) -> Range<usize> {
        self.first_row..self.first_row + self.messages.len()
    }

    /// The message of a row of the file, which must be one of the page's.
    pub fn message(&self, row: usize) -> &str {
        self.messages.value(row - self.first_row)
    }

    /// Bytes of the messages of some of the page's rows.
    pub fn bytes(&self, rows: Range<usize>) -> usize {
        let offsets = self.messages.value_offsets();
        (offsets[rows.end - self.first_row] - offsets[rows.start - self.first_row]) as usize
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        self.messages.value_data().len() + self.messages.value_offsets().len() * 4
    }

    /// The messages of some of the page's rows for queries; the bytes are not copied.
    pub(super) fn views(&self, rows: Range<usize>) -> StringViewArray {
        let rows = self.messages.slice(rows.start - self.first_row, rows.len());
        StringViewArray::from(&rows)
    }

    /// All messages, in lower case.
    pub(super) fn lower(&self) -> Vec<u8> {
        self.messages.value_data().to_ascii_lowercase()
    }

    /// Calls `found` with each of the rows whose message contains what the finder looks for, ascending.
    pub fn rows_with(&self, rows: Range<usize>, finder: &Finder<'_>, found: impl FnMut(usize)) {
        self.rows_in(self.messages.value_data(), rows, finder, found);
    }

    /// The same in another spelling of all messages, byte for byte as long.
    ///
    /// The buffer is searched as one, which is as fast as memory: a search a message would cost more to begin
    /// than to make.
    pub(super) fn rows_in(&self, text: &[u8], rows: Range<usize>, finder: &Finder<'_>, mut found: impl FnMut(usize)) {
        let length = finder.needle().len();
        if length == 0 {
            return rows.for_each(found);
        }
        let offsets = self.messages.value_offsets();
        let (mut row, last) = (rows.start - self.first_row, rows.end - self.first_row);
        let (mut at, end) = (offsets[row] as usize, offsets[last] as usize);
        while let Some(hit) = finder.find(&text[at..end]) {
            let hit = at + hit;
            row = row_at(offsets, row, hit);
            let next = offsets[row + 1] as usize;
            if hit + length <= next {
                found(self.first_row + row);
                row += 1;
                at = next;
            } else {
                // It begins in one message and ends in another.
                at = hit + 1;
            }
        }
    }
}

/// The last row, at or after `from`, that begins at or before a place: those before it that begin there are empty.
fn row_at(offsets: &[i32], from: usize, place: usize) -> usize {
    let begins_before = |offset: &i32| *offset as usize <= place;
    let (mut low, mut step) = (from, 1);
    while offsets.get(low + step).is_some_and(begins_before) {
        low += step;
        step *= 2;
    }
    let high = (low + step).min(offsets.len());
    low + offsets[low..high].partition_point(begins_before) - 1
}

/// Some of a file's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageSet {
    words: Vec<u64>,
}

impl PageSet {
    pub(super) fn new(words: Vec<u64>) -> Self {
        Self { words }
    }

    /// Whether the page is one of them.
    pub fn contains(&self, page: usize) -> bool {
        self.words.get(page / 64).is_some_and(|word| word >> (page % 64) & 1 == 1)
    }

    /// How many these are.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }
}
