//! Sums, and how far numbers are from their mean.

use crate::insights::Value;

/// A sum. Whole numbers are added exactly, and whatever else with the error that rounding makes kept beside.
#[derive(Debug, Default)]
pub(in crate::insights) struct Total {
    count: u64,
    whole: i128,
    fraction: f64,
    error: f64,
    has_fractions: bool,
}

impl Total {
    pub(super) fn push(&mut self, value: &Value) {
        let whole = match value {
            Value::Int(whole) | Value::Time(whole) => Some(*whole),
            Value::Bool(truth) => Some(i64::from(*truth)),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        if let Some(whole) = whole {
            self.count += 1;
            self.whole += i128::from(whole);
        } else if let Some(number) = value.number() {
            self.count += 1;
            self.has_fractions = true;
            self.add(number);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.whole += other.whole;
        self.has_fractions |= other.has_fractions;
        self.add(other.fraction);
        self.error += other.error;
    }

    /// The sum; missing where there were no numbers.
    pub(super) fn sum(&self) -> Value {
        match i64::try_from(self.whole) {
            _ if self.count == 0 => Value::Null,
            Ok(whole) if !self.has_fractions => Value::Int(whole),
            _ => Value::from(self.number()),
        }
    }

    /// The mean.
    pub(super) fn average(&self) -> Value {
        if self.count == 0 { Value::Null } else { Value::from(self.number() / self.count as f64) }
    }

    fn number(&self) -> f64 {
        self.whole as f64 + (self.fraction + self.error)
    }

    /// Adds as Neumaier does.
    fn add(&mut self, number: f64) {
        let sum = self.fraction + number;
        self.error += if self.fraction.abs() >= number.abs() {
            (self.fraction - sum) + number
        } else {
            (number - sum) + self.fraction
        };
        self.fraction = sum;
    }
}

/// Count, mean, and the sum of the squares of the distances from it.
#[derive(Debug, Default)]
pub(in crate::insights) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    pub(super) fn push(&mut self, number: f64) {
        self.merge(&Self { count: 1.0, mean: number, squares: 0.0 });
    }

    pub(super) fn merge(&mut self, other: &Self) {
        let count = self.count + other.count;
        if count == 0.0 {
            return;
        }
        let distance = other.mean - self.mean;
        self.mean += distance * (other.count / count);
        self.squares += other.squares + distance * distance * (self.count * other.count / count);
        self.count = count;
    }

    /// Of the numbers as a whole, not as a sample (logs.md ST-1).
    pub(super) fn variance(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.squares / self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(values: &[Value]) -> Total {
        let mut total = Total::default();
        values.iter().for_each(|value| total.push(value));
        total
    }

    #[test]
    fn whole_numbers_stay_whole() {
        let total = total(&[Value::Int(1), Value::from("2"), Value::from("x"), Value::Null]);
        assert_eq!((total.sum(), total.average()), (Value::Int(3), Value::Float(1.5)));
    }

    #[test]
    fn what_rounding_takes_is_not_lost() {
        let total = total(&[Value::Float(1e16), Value::Float(0.5), Value::Float(0.5), Value::Float(-1e16)]);
        assert_eq!(total.sum(), Value::Float(1.0));
    }

    #[test]
    fn the_variance_is_that_of_all() {
        let mut moments = Moments::default();
        [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter().for_each(|number| moments.push(number));
        assert_eq!(moments.variance(), Some(4.0));
    }
}
