//! A value inside the widget's JSON, with the way to it for errors.

use graph::Color;
use serde_json::Value;

use crate::statistic::Statistic;
use crate::time_window::is_period;

/// What is wrong with a widget. How AWS words it is not known; the problems are named in the
/// words that it has for dashboards (cloudwatch.md §5.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The metric widget is invalid: {0}")]
pub struct Invalid(String);

impl Invalid {
    /// The widget as a whole is wrong.
    pub(super) fn widget(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

/// A value and where it is, as a JSON pointer.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    path: String,
    pub(super) value: &'a Value,
}

impl<'a> Field<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { path: String::new(), value }
    }

    /// The error that this is wrong.
    pub(super) fn wrong(&self, problem: impl std::fmt::Display) -> Invalid {
        if self.path.is_empty() { Invalid(problem.to_string()) } else { Invalid(format!("{}: {problem}", self.path)) }
    }

    /// A member of an object; `null` counts as absent.
    pub(super) fn member(&self, name: &str) -> Option<Field<'a>> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Field { path: format!("{}/{name}", self.path), value })
    }

    pub(super) fn required(&self, name: &str) -> Result<Field<'a>, Invalid> {
        self.member(name).ok_or_else(|| self.wrong(format!("Should have required property '{name}'")))
    }

    /// Checks that this is an object with no fields but these.
    pub(super) fn object(&self, known: &[&str]) -> Result<(), Invalid> {
        let Some(members) = self.value.as_object() else { return Err(self.wrong("Should be object")) };
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(self.wrong(format!("Should NOT have the property '{name}': it is not supported"))),
            None => Ok(()),
        }
    }

    pub(super) fn items(&self) -> Result<Vec<Field<'a>>, Invalid> {
        let Some(items) = self.value.as_array() else { return Err(self.wrong("Should be array")) };
        let item = |(index, value)| Field { path: format!("{}/{index}", self.path), value };
        Ok(items.iter().enumerate().map(item).collect())
    }

    pub(super) fn text(&self) -> Result<&'a str, Invalid> {
        self.value.as_str().ok_or_else(|| self.wrong("Should be string"))
    }

    pub(super) fn number(&self) -> Result<f64, Invalid> {
        self.value.as_f64().filter(|number| number.is_finite()).ok_or_else(|| self.wrong("Should be number"))
    }

    pub(super) fn boolean(&self) -> Result<bool, Invalid> {
        self.value.as_bool().ok_or_else(|| self.wrong("Should be boolean"))
    }

    /// What stands for one of these texts.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, Invalid> {
        let text = self.text()?;
        choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.wrong(format!("Should be equal to one of the allowed values: {}", names.join(", ")))
        })
    }

    /// A whole number of pixels.
    pub(super) fn side(&self, max: u32) -> Result<u32, Invalid> {
        let side = self.value.as_u64().or_else(|| {
            // Some clients write whole numbers as 600.0.
            self.value.as_f64().filter(|side| side.fract() == 0.0 && *side >= 0.0).map(|side| side as u64)
        });
        match side.and_then(|side| u32::try_from(side).ok()) {
            Some(side) if (1..=max).contains(&side) => Ok(side),
            _ => Err(self.wrong(format!("Should be a whole number from 1 to {max}"))),
        }
    }

    /// A period in seconds.
    pub(super) fn period(&self) -> Result<i64, Invalid> {
        // The engine's queries hold periods in 32 bits.
        match self.value.as_i64().filter(|secs| i32::try_from(*secs).is_ok()) {
            Some(secs) if is_period(secs) => Ok(secs),
            _ => Err(self.wrong("Should be 1, 5, 10, 20, 30 or a multiple of 60")),
        }
    }

    /// A statistic's name.
    pub(super) fn stat(&self) -> Result<&'a str, Invalid> {
        let stat = self.text()?;
        match Statistic::parse(stat) {
            Some(_) => Ok(stat),
            None => Err(self.wrong(format!("The statistic {stat} is not supported"))),
        }
    }

    /// `#rrggbb` or `#rgb`.
    pub(super) fn color(&self) -> Result<Color, Invalid> {
        color(self.text()?).ok_or_else(|| self.wrong("Should be a colour such as #1f77b4"))
    }
}

fn color(text: &str) -> Option<Color> {
    let digits: Option<Vec<u8>> =
        text.strip_prefix('#')?.chars().map(|digit| Some(u8::try_from(digit.to_digit(16)?).unwrap_or(0))).collect();
    match *digits?.as_slice() {
        [r, g, b] => Some(Color(r * 17, g * 17, b * 17)),
        [r0, r1, g0, g1, b0, b1] => Some(Color(r0 * 16 + r1, g0 * 16 + g1, b0 * 16 + b1)),
        _ => None,
    }
}
