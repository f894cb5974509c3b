//! Writing times.

use std::fmt::Write;

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::{Field, Item, MONTHS, Pattern, WEEKDAYS};

impl Pattern {
    /// Writes a time in a zone; `None` for one beyond the calendar.
    pub fn write(&self, time_ms: i64, zone: &TimeZone) -> Option<String> {
        let time = jiff::Timestamp::from_millisecond(time_ms).ok()?.to_zoned(zone.clone());
        let mut text = String::new();
        write(&self.items, &time, &mut text);
        Some(text)
    }
}

fn write(items: &[Item], time: &Zoned, text: &mut String) {
    for item in items {
        match item {
            Item::Literal(literal) => text.push_str(literal),
            Item::Optional(items) => write(items, time, text),
            Item::Field(field, count) => write_field(*field, *count, time, text),
        }
    }
}

fn write_field(field: Field, count: usize, time: &Zoned, text: &mut String) {
    let hour = i64::from(time.hour());
    let from_one = |hour: i64, of: i64| if hour % of == 0 { of } else { hour % of };
    let number = match field {
        Field::Year if count == 2 => i64::from(time.year()).rem_euclid(100),
        Field::Year => time.year().into(),
        Field::Month if count > 2 => {
            let name = MONTHS[usize::from(time.month().unsigned_abs()) - 1];
            return text.push_str(if count == 4 { name } else { &name[..3] });
        }
        Field::Month => time.month().into(),
        Field::Day => time.day().into(),
        Field::DayOfYear => time.day_of_year().into(),
        Field::Weekday => {
            let name = WEEKDAYS[usize::from(time.weekday().to_monday_zero_offset().unsigned_abs())];
            return text.push_str(if count == 4 { name } else { &name[..3] });
        }
        Field::AmPm => return text.push_str(if hour < 12 { "AM" } else { "PM" }),
        Field::Hour => hour,
        Field::Hour24 => from_one(hour, 24),
        Field::Hour11 => hour % 12,
        Field::Hour12 => from_one(hour, 12),
        Field::Minute => time.minute().into(),
        Field::Second => time.second().into(),
        Field::Fraction => {
            let digits = format!("{:09}", time.subsec_nanosecond());
            return text.push_str(&digits[..count]);
        }
        Field::OffsetOrZ if time.offset().is_zero() => return text.push('Z'),
        Field::OffsetOrZ | Field::Offset => return write_offset(count, time, text),
        Field::Zone => match time.time_zone().iana_name() {
            Some(name) => return text.push_str(name),
            None => return write_offset(3, time, text),
        },
    };
    write!(text, "{number:0count$}").expect("writing to a string does not fail");
}

/// Hours alone for one letter, where the minutes are zero; a colon for three.
fn write_offset(count: usize, time: &Zoned, text: &mut String) {
    let seconds = time.offset().seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    match count {
        1 if minutes == 0 => write!(text, "{sign}{hours:02}"),
        3 => write!(text, "{sign}{hours:02}:{minutes:02}"),
        _ => write!(text, "{sign}{hours:02}{minutes:02}"),
    }
    .expect("writing to a string does not fail");
}
