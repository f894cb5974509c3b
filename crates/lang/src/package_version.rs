//! The order of versions of packages, by the rules of whoever manages the package.
//!
//! Each order is total over all texts: what is no version by the rules of Python's or Node.js's packages is before all
//! that are some, and among its like ordered as Debian does, whose rules and rpm's take any text.

mod debian;
mod python;
mod rpm;
mod semantic;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

/// Whose rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `dpkg`: `epoch:upstream-revision`, where `~` is before the end. Of snaps, too, and of all that is not known.
    Debian,
    /// `rpm`: `epoch:version-release`, where `~` is before the end and `^` after it.
    Rpm,
    /// `pep440`: of distributions of Python.
    Python,
    /// `semver`: of packages of Node.js.
    Semantic,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Debian, Self::Rpm, Self::Python, Self::Semantic];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debian => "dpkg",
            Self::Rpm => "rpm",
            Self::Python => "pep440",
            Self::Semantic => "semver",
        }
    }

    /// The scheme that is called so.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// The order of two versions.
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        match self {
            Self::Debian => debian::compare(a, b),
            Self::Rpm => rpm::compare(a, b),
            Self::Python => by_key(python::key, a, b),
            Self::Semantic => by_key(semantic::key, a, b),
        }
    }
}

/// A package as an entry of `AWS:Application` tells of it; what it does not tell is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Package<'a> {
    /// `Version`
    pub version: &'a str,
    /// `Release`, which rpm has beside the version.
    pub release: &'a str,
    /// `Epoch`, which rpm has beside the version.
    pub epoch: &'a str,
    /// `ApplicationType`: the section or group, or what manages the package.
    pub application_type: &'a str,
    /// `PackageId`: the name of a file for dpkg's and rpm's packages.
    pub package_id: &'a str,
}

impl Package<'_> {
    /// Whose package it is, as far as the entry says.
    pub fn scheme(&self) -> Scheme {
        match self.application_type {
            _ if self.package_id.ends_with(".deb") => Scheme::Debian,
            _ if self.package_id.ends_with(".rpm") => Scheme::Rpm,
            "pip" => Scheme::Python,
            "npm" => Scheme::Semantic,
            // What others have is part of the version.
            _ if !self.release.is_empty() || !self.epoch.is_empty() => Scheme::Rpm,
            _ => Scheme::Debian,
        }
    }

    /// The whole version, with what rpm's packages have beside it.
    pub fn full_version(&self) -> String {
        match self.scheme() {
            Scheme::Rpm => rpm::Evr::of_package(self).to_string(),
            _ => self.version.to_owned(),
        }
    }

    /// How its version stands to one that is asked for. As in rpm's dependencies, an epoch or a release that is not
    /// asked for does not matter: who asks for `3.0.8` of rpm's packages means no epoch.
    pub fn compare(&self, asked: &str) -> Ordering {
        match self.scheme() {
            Scheme::Rpm => rpm::Evr::of_package(self).compare_as_far_as(rpm::Evr::parse(asked)),
            scheme => scheme.compare(self.version, asked),
        }
    }
}

fn by_key<'a, K: Ord>(key: impl Fn(&'a str) -> Option<K>, a: &'a str, b: &'a str) -> Ordering {
    match (key(a), key(b)) {
        (None, None) => debian::compare(a, b),
        (a, b) => a.cmp(&b),
    }
}

/// Digits of any length as the number that they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Digits<'a>(usize, &'a str);

impl<'a> Digits<'a> {
    const ZERO: Self = Self(0, "");

    /// Without digits it is zero.
    fn new(digits: &'a str) -> Self {
        let digits = digits.trim_start_matches('0');
        Self(digits.len(), digits)
    }

    /// The number that a text is, if it is digits alone.
    fn parse(text: &'a str) -> Option<Self> {
        (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self::new(text))
    }
}

/// Numbers between points: zeros at the end say nothing.
fn release(text: &str) -> Option<Vec<Digits<'_>>> {
    let mut numbers: Vec<_> = text.split('.').map(Digits::parse).collect::<Option<_>>()?;
    let end = numbers.iter().rposition(|number| *number != Digits::ZERO).map_or(0, |last| last + 1);
    numbers.truncate(end);
    Some(numbers)
}

/// What is before a `:`, if it is a number, and what is after it.
fn split_epoch(text: &str) -> (Option<Digits<'_>>, &str) {
    match text.split_once(':').map(|(epoch, rest)| (Digits::parse(epoch), rest)) {
        Some((Some(epoch), rest)) => (Some(epoch), rest),
        _ => (None, text),
    }
}
