//! Versions of rpm's packages: `epoch:version-release`.

use std::cmp::Ordering;
use std::fmt;

use super::{Digits, Package, split_epoch};

/// The order that `rpm` has. What has no epoch has the epoch 0, and no release is before any.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Evr::parse(a), Evr::parse(b));
    let of_releases = || match (a.release, b.release) {
        (Some(a), Some(b)) => compare_part(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    a.epoch().cmp(&b.epoch()).then_with(|| compare_part(a.version, b.version)).then_with(of_releases)
}

/// A version in its parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evr<'a> {
    epoch: Option<Digits<'a>>,
    version: &'a str,
    release: Option<&'a str>,
}

impl<'a> Evr<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let (epoch, rest) = split_epoch(text.trim());
        match rest.rsplit_once('-') {
            Some((version, release)) => Self { epoch, version, release: Some(release) },
            None => Self { epoch, version: rest, release: None },
        }
    }

    /// The parts are attributes of their own; some tell them in the version all the same.
    pub(super) fn of_package(package: &Package<'a>) -> Self {
        let parsed = Self::parse(package.version);
        let release = Some(package.release.trim()).filter(|release| !release.is_empty());
        Self {
            epoch: Digits::parse(package.epoch.trim()).or(parsed.epoch),
            version: parsed.version,
            release: release.or(parsed.release),
        }
    }

    fn epoch(&self) -> Digits<'a> {
        self.epoch.unwrap_or(Digits::ZERO)
    }

    /// Compares the parts that the other one has.
    pub(super) fn compare_as_far_as(self, asked: Evr<'_>) -> Ordering {
        let of_epochs = asked.epoch.map_or(Ordering::Equal, |asked| self.epoch().cmp(&asked));
        let of_releases =
            || asked.release.map_or(Ordering::Equal, |asked| compare_part(self.release.unwrap_or_default(), asked));
        of_epochs.then_with(|| compare_part(self.version, asked.version)).then_with(of_releases)
    }
}

impl fmt::Display for Evr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.epoch() != Digits::ZERO {
            write!(f, "{}:", self.epoch().1)?;
        }
        f.write_str(self.version)?;
        self.release.map_or(Ok(()), |release| write!(f, "-{release}"))
    }
}

/// A piece of a version, in rpm's order of pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    Tilde,
    End,
    Caret,
    Letters(&'a str),
    Number(Digits<'a>),
}

fn compare_part(a: &str, b: &str) -> Ordering {
    pieces(a).cmp(pieces(b))
}

/// Letters, numbers, `~` and `^`; all else is between pieces, and says nothing.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^');
        let Some(first) = text.chars().next() else {
            rest = None;
            return Some(Piece::End);
        };
        let end = match first {
            '~' | '^' => 1,
            first => {
                let is_other = |c: char| !c.is_ascii_alphanumeric() || c.is_ascii_digit() != first.is_ascii_digit();
                text.find(is_other).unwrap_or(text.len())
            }
        };
        let (piece, after) = text.split_at(end);
        rest = Some(after);
        Some(match first {
            '~' => Piece::Tilde,
            '^' => Piece::Caret,
            first if first.is_ascii_digit() => Piece::Number(Digits::new(piece)),
            _ => Piece::Letters(piece),
        })
    })
}
