//! Looking for needles in the messages of a page.

use std::ops::Range;

use lang::needle::Needle;
use memchr::memmem::Finder;

use super::page::MessagePage;

/// A needle made ready to be looked for.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    part: Part,
    folds_case: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Literal { finder: Box<Finder<'static>>, exact_case: bool },
    All(Vec<Part>),
    AnyOf(Vec<Part>),
}

impl Search {
    /// `None` when the needle says nothing: every message passes.
    pub fn new(needle: &Needle) -> Option<Self> {
        let part = Part::of(needle);
        match &part {
            Part::All(parts) if parts.is_empty() => None,
            _ => Some(Self { folds_case: part.folds_case(), part }),
        }
    }

    /// Those of the page's rows whose message passes, ascending.
    pub fn rows(&self, page: &MessagePage, rows: Range<usize>) -> Vec<usize> {
        let lower = if self.folds_case { page.lower() } else { Vec::new() };
        self.part.rows(page, &lower, rows)
    }
}

impl Part {
    fn of(needle: &Needle) -> Self {
        match needle {
            Needle::Anything => Self::All(Vec::new()),
            Needle::Nothing => Self::AnyOf(Vec::new()),
            Needle::Contains { literal, exact_case: true } => {
                Self::Literal { finder: Box::new(Finder::new(literal).into_owned()), exact_case: true }
            }
            Needle::Contains { literal, exact_case: false } => {
                let finder = Finder::new(&literal.to_ascii_lowercase()).into_owned();
                Self::Literal { finder: Box::new(finder), exact_case: false }
            }
            Needle::All(needles) => Self::All(needles.iter().map(Self::of).collect()),
            Needle::AnyOf(needles) => Self::AnyOf(needles.iter().map(Self::of).collect()),
        }
    }

    fn folds_case(&self) -> bool {
        match self {
            Self::Literal { exact_case, .. } => !exact_case,
            Self::All(parts) | Self::AnyOf(parts) => parts.iter().any(Self::folds_case),
        }
    }

    fn rows(&self, page: &MessagePage, lower: &[u8], rows: Range<usize>) -> Vec<usize> {
        let mut found = Vec::new();
        match self {
            Self::Literal { finder, exact_case: true } => page.rows_with(rows, finder, |row| found.push(row)),
            Self::Literal { finder, exact_case: false } => page.rows_in(lower, rows, finder, |row| found.push(row)),
            Self::All(parts) => {
                let Some((first, others)) = parts.split_first() else { return rows.collect() };
                found = first.rows(page, lower, rows);
                for part in others {
                    // What the first ones leave is all that the others need to look at.
                    let (Some(from), Some(last)) = (found.first(), found.last()) else { break };
                    let of = part.rows(page, lower, *from..*last + 1);
                    found.retain(|row| of.binary_search(row).is_ok());
                }
            }
            Self::AnyOf(parts) => {
                for part in parts {
                    found.extend(part.rows(page, lower, rows.clone()));
                }
                found.sort_unstable();
                found.dedup();
            }
        }
        found
    }
}
