//! How names and bare terms split into tokens, and when they meet (cloudwatch.md §4.5).

/// A bare term, split.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TokenTerm {
    /// The term without punctuation, in lower case: the token of the whole.
    whole: String,
    tokens: Vec<TermToken>,
}

#[derive(Clone, Debug, PartialEq)]
struct TermToken {
    text: String,
    /// Split from a neighbour by its letters alone (a hump, a digit), so that its capitals count.
    case_matters: bool,
}

impl TokenTerm {
    /// Splits a term; `None` when it has no letter or digit.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut tokens = Vec::new();
        for part in text.split(|c: char| !c.is_alphanumeric()) {
            let pieces = pieces(part);
            let case_matters = pieces.len() > 1;
            tokens.extend(pieces.into_iter().map(|piece| TermToken { text: piece.to_owned(), case_matters }));
        }
        (!tokens.is_empty()).then(|| Self { whole: whole(text), tokens })
    }

    /// Whether a name has these tokens: one alone by itself in any case, several one after the
    /// other. Tokens which the term separates by punctuation are compared in any case
    /// (`network/errors` finds `NetworkErrors2`), those which it runs together as they are written
    /// (`count1` does not find `CustomCount1`): both are documented examples. The token of the
    /// whole name is met by a whole term, which is inferred from its being listed.
    pub(super) fn matches(&self, name: &str) -> bool {
        let pieces = pieces(name);
        pieces.windows(self.tokens.len()).any(|run| run.iter().zip(&self.tokens).all(|(piece, token)| token.is(piece)))
            || whole(name) == self.whole
    }
}

impl TermToken {
    fn is(&self, piece: &str) -> bool {
        if self.case_matters { self.text == piece } else { equal_in_any_case(&self.text, piece) }
    }
}

/// All tokens of a name: the whole, then the pieces, all in lower case.
#[cfg(test)]
pub(super) fn tokens(name: &str) -> Vec<String> {
    let mut tokens = vec![whole(name)];
    tokens.extend(pieces(name).into_iter().map(str::to_lowercase));
    tokens
}

fn whole(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn equal_in_any_case(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
        || left.chars().flat_map(char::to_lowercase).eq(right.chars().flat_map(char::to_lowercase))
}

/// The pieces of a name: between punctuation, at the humps of camel case, and where letters meet
/// digits. A run of capitals before a small letter keeps all but its last (`SDB`, `Failure`).
fn pieces(text: &str) -> Vec<&str> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut pieces = Vec::new();
    let mut start = None;
    for (index, &(at, c)) in characters.iter().enumerate() {
        if !c.is_alphanumeric() {
            pieces.extend(start.take().map(|from: usize| &text[from..at]));
            continue;
        }
        let previous = index.checked_sub(1).map(|before| characters[before].1);
        let next = characters.get(index + 1).map(|following| following.1);
        if let Some(from) = start
            && previous.is_some_and(|previous| splits(previous, c, next))
        {
            pieces.push(&text[from..at]);
            start = Some(at);
        }
        start = start.or(Some(at));
    }
    pieces.extend(start.map(|from| &text[from..]));
    pieces
}

/// Whether a token begins at `c`.
fn splits(previous: char, c: char, next: Option<char>) -> bool {
    previous.is_numeric() != c.is_numeric()
        || c.is_uppercase() && (!previous.is_uppercase() || next.is_some_and(char::is_lowercase))
}
