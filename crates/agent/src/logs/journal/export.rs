//! The Journal Export Format, as `journalctl --output=export` prints it. Pure.
//!
//! An entry is a line for each field and an empty line. A value that is no plain text has its
//! length before it, so that line breaks and any bytes in it are told from those of the format;
//! that is why this form is read, and not the one in JSON, which has to be unescaped, turns
//! bytes into lists of numbers, and leaves long values out.

/// Bytes of a value that are kept; journald itself takes values of 768 MiB.
pub const VALUE_BYTES_MAX: usize = 4 << 20;
/// Bytes of an entry that are kept: names, and values as far as they fit.
pub const ENTRY_BYTES_MAX: usize = 8 << 20;
/// Bytes of a line before its `=` at most: names have 64.
const NAME_BYTES_MAX: usize = 256;
/// Beyond this a length is none.
const DATA_BYTES_MAX: u64 = 1 << 30;

/// A field of an entry. A name may come more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value, or the beginning of it.
    pub value: Vec<u8>,
    /// Whether the value was longer.
    pub is_cut: bool,
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub cursor: String,
    /// When journald received it, in microseconds since the epoch.
    pub received_us: u64,
    /// Its fields, those two among them.
    pub fields: Vec<Field>,
}

impl Entry {
    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.as_slice())
    }

    /// All values of this name.
    pub fn all<'a, 'b>(&'a self, name: &'b str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'b> {
        self.fields.iter().filter(move |field| field.name == name).map(|field| field.value.as_slice())
    }
}

/// This is not what `journalctl` prints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("journalctl printed what is no entry of a journal: {0}")]
pub struct Malformed(&'static str);

/// Makes entries of bytes.
#[derive(Debug, Default)]
pub struct Entries {
    bytes: Vec<u8>,
    /// How many of `bytes` were taken.
    taken: usize,
    state: State,
    fields: Vec<Field>,
    kept_bytes: usize,
}

/// What comes next.
#[derive(Debug, Default)]
enum State {
    /// A line: a field, a name alone, or the end of the entry.
    #[default]
    Line,
    /// The rest of a value that ends with its line.
    Text(Field),
    /// The length of a value.
    Length(String),
    /// So many bytes of a value, and a line break.
    Data(Field, u64),
}

impl Entries {
    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next entry that is whole.
    ///
    /// # Errors
    /// The bytes are not of this format; there is no way on.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, Malformed> {
        loop {
            let more = match std::mem::take(&mut self.state) {
                State::Line => match self.line()? {
                    Step::Entry(entry) => return Ok(Some(entry)),
                    Step::More(more) => more,
                },
                State::Text(field) => self.text(field),
                State::Length(name) => self.length(name)?,
                State::Data(field, rest) => self.data(field, rest)?,
            };
            if more == More::NeedsBytes {
                return Ok(None);
            }
        }
    }

    fn ahead(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    fn line(&mut self) -> Result<Step, Malformed> {
        let ahead = self.ahead();
        let Some(end) = memchr::memchr(b'\n', ahead) else {
            let start = &ahead[..ahead.len().min(NAME_BYTES_MAX)];
            let Some(equals) = memchr::memchr(b'=', start) else {
                return match ahead.len() < NAME_BYTES_MAX {
                    true => Ok(Step::More(More::NeedsBytes)),
                    false => Err(Malformed("a name is too long")),
                };
            };
            let name = name(&start[..equals])?;
            self.taken += equals + 1;
            self.state = State::Text(Field { name, value: Vec::new(), is_cut: false });
            return Ok(Step::More(More::GoesOn));
        };
        let line = &ahead[..end];
        if line.is_empty() {
            self.taken += 1;
            return Ok(self.entry()?.map_or(Step::More(More::GoesOn), Step::Entry));
        }
        match memchr::memchr(b'=', line) {
            Some(equals) => {
                let mut field = Field { name: name(&line[..equals])?, value: Vec::new(), is_cut: false };
                keep(&mut field, &line[equals + 1..]);
                self.taken += end + 1;
                self.add(field);
            }
            None => {
                let name = name(line)?;
                self.taken += end + 1;
                self.state = State::Length(name);
            }
        }
        Ok(Step::More(More::GoesOn))
    }

    fn text(&mut self, mut field: Field) -> More {
        let ahead = &self.bytes[self.taken..];
        let end = memchr::memchr(b'\n', ahead);
        keep(&mut field, &ahead[..end.unwrap_or(ahead.len())]);
        self.taken += end.map_or(ahead.len(), |end| end + 1);
        match end {
            Some(_) => {
                self.add(field);
                More::GoesOn
            }
            None => {
                self.state = State::Text(field);
                More::NeedsBytes
            }
        }
    }

    fn length(&mut self, name: String) -> Result<More, Malformed> {
        let Some(length) = self.ahead().first_chunk::<8>() else {
            self.state = State::Length(name);
            return Ok(More::NeedsBytes);
        };
        let length = u64::from_le_bytes(*length);
        if length > DATA_BYTES_MAX {
            return Err(Malformed("a value is too long"));
        }
        self.taken += 8;
        self.state = State::Data(Field { name, value: Vec::new(), is_cut: false }, length);
        Ok(More::GoesOn)
    }

    fn data(&mut self, mut field: Field, rest: u64) -> Result<More, Malformed> {
        let ahead = &self.bytes[self.taken..];
        let here = usize::try_from(rest).unwrap_or(usize::MAX).min(ahead.len());
        keep(&mut field, &ahead[..here]);
        self.taken += here;
        let rest = rest - here as u64;
        match self.ahead().first() {
            Some(b'\n') if rest == 0 => {
                self.taken += 1;
                self.add(field);
                Ok(More::GoesOn)
            }
            Some(_) => Err(Malformed("a value goes on after its end")),
            None => {
                self.state = State::Data(field, rest);
                Ok(More::NeedsBytes)
            }
        }
    }

    fn add(&mut self, mut field: Field) {
        let room = ENTRY_BYTES_MAX.saturating_sub(self.kept_bytes + field.name.len());
        if field.value.len() > room {
            field.value.truncate(room);
            field.is_cut = true;
        }
        self.kept_bytes += field.name.len() + field.value.len();
        if self.kept_bytes < ENTRY_BYTES_MAX {
            self.fields.push(field);
        }
    }

    fn entry(&mut self) -> Result<Option<Entry>, Malformed> {
        let fields = std::mem::take(&mut self.fields);
        self.kept_bytes = 0;
        if fields.is_empty() {
            return Ok(None);
        }
        let text = |name: &str| {
            let field = fields.iter().find(|field| field.name == name)?;
            String::from_utf8(field.value.clone()).ok()
        };
        let cursor = text("__CURSOR").filter(|cursor| !cursor.is_empty() && !cursor.contains('\0'));
        let cursor = cursor.ok_or(Malformed("an entry has no cursor"))?;
        let received_us = text("__REALTIME_TIMESTAMP").and_then(|time| time.parse().ok());
        let received_us = received_us.ok_or(Malformed("an entry has no time"))?;
        Ok(Some(Entry { cursor, received_us, fields }))
    }
}

/// What a line came to.
enum Step {
    Entry(Entry),
    More(More),
}

/// Whether what was read says more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum More {
    GoesOn,
    NeedsBytes,
}

fn name(bytes: &[u8]) -> Result<String, Malformed> {
    let is_part = |byte: &u8| byte.is_ascii_graphic();
    match !bytes.is_empty() && bytes.len() <= NAME_BYTES_MAX && bytes.iter().all(is_part) {
        true => Ok(String::from_utf8_lossy(bytes).into_owned()),
        false => Err(Malformed("a name is none")),
    }
}

fn keep(field: &mut Field, bytes: &[u8]) {
    let room = VALUE_BYTES_MAX - field.value.len();
    field.is_cut |= bytes.len() > room;
    field.value.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Result<Vec<Entry>, Malformed> {
        let mut entries = Entries::default();
        let mut found = Vec::new();
        for piece in pieces {
            entries.push(piece);
            while let Some(entry) = entries.next_entry()? {
                found.push(entry);
            }
        }
        Ok(found)
    }

    /// As journalctl prints it: text that is one line as it is, everything else with its length.
    fn printed(fields: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1772000000000001\n".to_vec();
        for (name, value) in fields {
            bytes.extend(name.as_bytes());
            if std::str::from_utf8(value).is_ok_and(|text| !text.contains(|at: char| at.is_control() && at != '\t')) {
                bytes.push(b'=');
            } else {
                bytes.push(b'\n');
                bytes.extend((value.len() as u64).to_le_bytes());
            }
            bytes.extend(*value);
            bytes.push(b'\n');
        }
        bytes.push(b'\n');
        bytes
    }

    #[test]
    fn text_and_bytes_are_read_as_they_were_logged() {
        let bytes =
            printed(&[("MESSAGE", b"two\n\nlines=\xff"), ("_PID", b"1"), ("EMPTY", b""), ("A", b"1"), ("A", b"2")]);
        let entries = read(&[&bytes, &bytes]).unwrap();
        assert_eq!(entries.len(), 2);
        let entry = &entries[0];
        assert_eq!((entry.cursor.as_str(), entry.received_us), ("s=1;i=2", 1_772_000_000_000_001));
        assert_eq!(entry.get("MESSAGE"), Some(b"two\n\nlines=\xff".as_slice()));
        assert_eq!(entry.get("EMPTY"), Some(b"".as_slice()));
        assert_eq!(entry.all("A").collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(entry.get("NONE"), None);
    }

    #[test]
    fn what_is_longer_than_what_is_kept_is_cut_and_costs_no_memory() {
        let long = vec![b'x'; VALUE_BYTES_MAX + 1];
        let mut dump = long.clone();
        dump[0] = 0;
        let bytes = printed(&[("MESSAGE", &long), ("COREDUMP", &dump), ("MORE", &long), ("_PID", b"1")]);
        let entry = read(&bytes.chunks(60_000).collect::<Vec<_>>()).unwrap().remove(0);
        assert_eq!(entry.get("MESSAGE").map(<[u8]>::len), Some(VALUE_BYTES_MAX));
        assert!(entry.fields[2].is_cut);
        let kept: usize = entry.fields.iter().map(|field| field.name.len() + field.value.len()).sum();
        assert!(kept <= ENTRY_BYTES_MAX, "{kept}");
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for (bytes, why) in [
            (b"MESSAGE=a\n\n".to_vec(), "no cursor"),
            (b"__CURSOR=c\n\n".to_vec(), "no time"),
            (b"__CURSOR=c\n__REALTIME_TIMESTAMP=-1\n\n".to_vec(), "no time"),
            (b"=a\n".to_vec(), "name"),
            (b"-- Journal begins\n".to_vec(), "name"),
            (vec![b'x'; NAME_BYTES_MAX], "name"),
            (b"MESSAGE\n\x01\0\0\0\0\0\0\0ab\n".to_vec(), "after its end"),
            (b"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(), "too long"),
        ] {
            let error = read(&[&bytes]).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
        assert_eq!(read(&[b"\n\n"]), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn values_survive_however_they_are_read(
            values in prop::collection::vec(("[A-Z][A-Z0-9_]{0,10}", prop::collection::vec(any::<u8>(), 0..40)), 0..6),
            size in 1usize..50,
        ) {
            let fields: Vec<(&str, &[u8])> = values.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
            let bytes = printed(&fields);
            let entries = read(&bytes.chunks(size).collect::<Vec<_>>()).unwrap();
            prop_assert_eq!(entries.len(), 1);
            let read: Vec<(&str, &[u8])> =
                entries[0].fields[2..].iter().map(|field| (field.name.as_str(), field.value.as_slice())).collect();
            prop_assert_eq!(read, fields);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), size in 1usize..50) {
            let _ = read(&bytes.chunks(size).collect::<Vec<_>>());
        }
    }
}
