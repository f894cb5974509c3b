//! Units of metrics (cloudwatch.md §1.3).

/// A unit. Data in different units is kept apart; nothing is ever converted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit(u8);

/// By code, which is stored: the order must never change, new units go to the end.
const NAMES: [&str; 27] = [
    "None",
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
];

impl Unit {
    /// The unit of data that names none.
    pub const NONE: Self = Self(0);

    /// `Bytes`.
    pub const BYTES: Self = Self(4);

    /// The unit of this name, spelt as AWS does.
    pub fn parse(name: &str) -> Option<Self> {
        NAMES.iter().position(|known| *known == name).map(|code| Self(code as u8))
    }

    /// The unit with this stored code.
    pub fn from_code(code: u8) -> Option<Self> {
        (usize::from(code) < NAMES.len()).then_some(Self(code))
    }

    /// The code that is stored.
    pub const fn code(self) -> u8 {
        self.0
    }

    /// The name as AWS spells it.
    pub const fn as_str(self) -> &'static str {
        NAMES[self.0 as usize]
    }
}

impl std::fmt::Debug for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_found_by_its_name_and_its_code() {
        for (code, name) in (0..).zip(NAMES) {
            let unit = Unit::parse(name).unwrap();
            assert_eq!((unit.as_str(), unit.code(), Unit::from_code(code)), (name, code, Some(unit)));
        }
        assert_eq!(Unit::NONE.as_str(), "None");
    }

    #[test]
    fn units_are_spelt_exactly() {
        for name in ["count", "", "Bytes/second", "Count "] {
            assert_eq!(Unit::parse(name), None, "{name}");
        }
        assert_eq!(Unit::from_code(27), None);
    }
}
