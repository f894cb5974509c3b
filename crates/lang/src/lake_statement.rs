//! Statements of CloudTrail Lake before they are parsed: the event data stores that they name (cloudtrail.md §7.2).
//!
//! A store is named by its id, a UUID without quotes, which no SQL parser takes for one word. Here ids are found
//! wherever a word can stand, outside texts, quoted names and comments, and given the quotes that make them names.

#[cfg(test)]
mod tests;

/// The characters of an id.
const ID_CHARS: usize = 36;

/// A statement whose stores are names that a parser of SQL understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeStatement {
    /// The statement with ids in double quotes and in lower case; but for that it is the text that was given.
    pub sql: String,
    /// The ids in the statement, in lower case, each once, in order. All stores that it reads are among them.
    pub ids: Vec<String>,
}

impl LakeStatement {
    /// Finds the ids of a text, whether or not it is SQL.
    pub fn of(text: &str) -> Self {
        let mut sql = String::with_capacity(text.len() + 8);
        let mut ids = Vec::new();
        let mut rest = text;
        let mut before = None;
        while let Some(next) = rest.chars().next() {
            let piece = piece(rest, next, before);
            let (taken, left) = rest.split_at(piece.bytes());
            match piece {
                Piece::Id => {
                    let id = taken.to_ascii_lowercase();
                    sql.extend(["\"", &id, "\""]);
                    note(&mut ids, id);
                }
                Piece::QuotedName(_) => {
                    let name = taken.trim_matches('"');
                    if is_id(name) {
                        note(&mut ids, name.to_ascii_lowercase());
                    }
                    sql.push_str(taken);
                }
                Piece::Other(_) => sql.push_str(taken),
            }
            before = taken.chars().next_back();
            rest = left;
        }
        Self { sql, ids }
    }
}

/// Whether a text is an id: digits and letters as a UUID has them.
pub fn is_id(text: &str) -> bool {
    text.len() == ID_CHARS
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn note(ids: &mut Vec<String>, id: String) {
    if !ids.contains(&id) {
        ids.push(id);
    }
}

/// What stands at the start of a text, and how many bytes of it.
enum Piece {
    Id,
    QuotedName(usize),
    Other(usize),
}

impl Piece {
    fn bytes(&self) -> usize {
        match self {
            Self::Id => ID_CHARS,
            Self::QuotedName(bytes) | Self::Other(bytes) => *bytes,
        }
    }
}

/// The piece that a text begins with. What is not ended ends with the text: the parser tells of it.
fn piece(rest: &str, next: char, before: Option<char>) -> Piece {
    let until = |from: usize, end: &str| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    match next {
        '\'' => Piece::Other(until(1, "'")),
        '"' => Piece::QuotedName(until(1, "\"")),
        '-' if rest.starts_with("--") => Piece::Other(until(2, "\n")),
        '/' if rest.starts_with("/*") => Piece::Other(until(2, "*/")),
        _ if before.is_none_or(|before| !in_word(before)) && begins_with_id(rest) => Piece::Id,
        next => Piece::Other(next.len_utf8()),
    }
}

fn begins_with_id(rest: &str) -> bool {
    rest.get(..ID_CHARS).is_some_and(is_id) && rest[ID_CHARS..].chars().next().is_none_or(|after| !in_word(after))
}

/// Whether a character beside an id would make it part of something longer.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@' | '#')
}
