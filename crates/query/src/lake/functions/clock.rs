//! Functions of dates and timestamps.

use datafusion::logical_expr::ScalarUDF;

use super::instant::{Civil, DAY_MS, parse};
use super::row::Kind::{AnyTimestamp, Bigint, Date, Double, Instant, Like, Text, Timestamp, ZonedTimestamp};
use super::row::{Cell, by_row, double, int, text};

type Made<'b> = Result<Option<Cell<'b>>, String>;

/// All of them.
pub fn functions() -> Vec<ScalarUDF> {
    vec![
        by_row("trino_at", &[Bigint], 0, Timestamp, |of| Ok(Some(Cell::Time(int(&of[0]))))),
        by_row("trino_at_utc", &[Bigint], 0, ZonedTimestamp, |of| Ok(Some(Cell::Time(int(&of[0]))))),
        by_row("trino_on", &[Bigint], 0, Date, |of| {
            Ok(Some(Cell::Date(i32::try_from(int(&of[0]).div_euclid(DAY_MS)).map_err(|_| "Out of range for date")?)))
        }),
        by_row("trino_date_add", &[Text, Bigint, Instant], 0, Like(2), date_add),
        by_row("trino_date_diff", &[Text, Instant, Instant], 0, Bigint, date_diff),
        by_row("trino_date_trunc", &[Text, Instant], 0, Like(1), date_trunc),
        by_row("trino_date_format", &[AnyTimestamp, Text], 0, Text, date_format),
        by_row("trino_date_parse", &[Text, Text], 0, Timestamp, date_parse),
        by_row("trino_year", &[Instant], 0, Bigint, |of| part(of, |at| at.year)),
        by_row("trino_quarter", &[Instant], 0, Bigint, |of| part(of, |at| (at.month + 2) / 3)),
        by_row("trino_month", &[Instant], 0, Bigint, |of| part(of, |at| at.month)),
        by_row("trino_week", &[Instant], 0, Bigint, |of| part(of, |at| at.week().1)),
        by_row("trino_year_of_week", &[Instant], 0, Bigint, |of| part(of, |at| at.week().0)),
        by_row("trino_day", &[Instant], 0, Bigint, |of| part(of, |at| at.day)),
        by_row("trino_day_of_week", &[Instant], 0, Bigint, |of| part(of, Civil::day_of_week)),
        by_row("trino_day_of_year", &[Instant], 0, Bigint, |of| part(of, Civil::day_of_year)),
        by_row("trino_hour", &[AnyTimestamp], 0, Bigint, |of| part(of, Civil::hour)),
        by_row("trino_minute", &[AnyTimestamp], 0, Bigint, |of| part(of, Civil::minute)),
        by_row("trino_second", &[AnyTimestamp], 0, Bigint, |of| part(of, Civil::second)),
        by_row("trino_from_unixtime", &[Double], 0, ZonedTimestamp, |of| {
            #[expect(clippy::cast_possible_truncation, reason = "what is out of range is no moment that is kept")]
            let millis = (double(&of[0]) * 1000.0).round() as i64;
            Ok(Some(Cell::Time(millis)))
        }),
        by_row("trino_to_unixtime", &[AnyTimestamp], 0, Double, |of| {
            #[expect(clippy::cast_precision_loss, reason = "as Trino's doubles have it")]
            let secs = millis(&of[0]) as f64 / 1000.0;
            Ok(Some(Cell::Double(secs)))
        }),
        by_row("trino_from_iso8601_timestamp", &[Text], 0, ZonedTimestamp, |of| match parse(text(&of[0])) {
            Some(parsed) => Ok(Some(Cell::Time(parsed.millis))),
            None => Err(format!("Invalid format: \"{}\"", text(&of[0]))),
        }),
        by_row("trino_to_iso8601", &[AnyTimestamp], 0, Text, |of| {
            let zone = if matches!(of[0], Cell::Zoned(_)) { "Z" } else { "" };
            let printed = super::instant::print(millis(&of[0])).replace(' ', "T") + zone;
            Ok(Some(Cell::Text(printed.into())))
        }),
    ]
}

/// Milliseconds since the epoch; a date is its midnight.
fn millis(of: &Cell<'_>) -> i64 {
    match of {
        Cell::Time(millis) | Cell::Zoned(millis) => *millis,
        Cell::Date(days) => i64::from(*days) * DAY_MS,
        _ => 0,
    }
}

/// The moment as the type of a value has it.
fn like<'b>(of: &Cell<'_>, millis: i64) -> Made<'b> {
    Ok(Some(match of {
        Cell::Date(_) => {
            Cell::Date(i32::try_from(millis.div_euclid(DAY_MS)).map_err(|_| "Out of range for date".to_owned())?)
        }
        _ => Cell::Time(millis),
    }))
}

fn part<'b>(of: &'b [Cell<'_>], part: fn(Civil) -> i64) -> Made<'b> {
    Ok(Some(Cell::Int(part(Civil::of(millis(&of[0]))))))
}

/// Whether a text names a unit of time.
///
/// # Errors
/// It does not.
pub fn check_unit(name: &str) -> Result<(), String> {
    unit(name, &Cell::Time(0)).map(drop)
}

/// Whether a text is a format of dates.
///
/// # Errors
/// Why it is not.
pub fn check_format(format: &str) -> Result<(), String> {
    date_format(&[Cell::Time(0), Cell::Text(format.into())]).map(drop)
}

/// A unit of time.
enum Unit {
    Millis(i64),
    Months(i64),
}

fn unit(name: &str, of: &Cell<'_>) -> Result<Unit, String> {
    let is_date = matches!(of, Cell::Date(_));
    Ok(match name.to_ascii_lowercase().as_str() {
        "millisecond" if !is_date => Unit::Millis(1),
        "second" if !is_date => Unit::Millis(1000),
        "minute" if !is_date => Unit::Millis(60_000),
        "hour" if !is_date => Unit::Millis(3_600_000),
        "day" => Unit::Millis(DAY_MS),
        "week" => Unit::Millis(7 * DAY_MS),
        "month" => Unit::Months(1),
        "quarter" => Unit::Months(3),
        "year" => Unit::Months(12),
        _ => return Err(format!("'{name}' is not a valid unit of time here")),
    })
}

fn date_add<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let (count, at) = (int(&of[1]), millis(&of[2]));
    let out_of_range = || "The result is out of range".to_owned();
    let moved = match unit(text(&of[0]), &of[2])? {
        Unit::Millis(unit) => unit.checked_mul(count).and_then(|by| at.checked_add(by)).ok_or_else(out_of_range)?,
        Unit::Months(months) => {
            let by = months.checked_mul(count).filter(|by| by.abs() < 1_000_000).ok_or_else(out_of_range)?;
            Civil::of(at).plus_months(by).to_millis()
        }
    };
    like(&of[2], moved)
}

/// Whole units from one to the other.
fn date_diff<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let (from, to) = (millis(&of[1]), millis(&of[2]));
    Ok(Some(Cell::Int(match unit(text(&of[0]), &of[1])? {
        Unit::Millis(unit) => (to - from) / unit,
        Unit::Months(months) => {
            let (first, last) = (Civil::of(from), Civil::of(to));
            let counted = (last.year - first.year) * 12 + last.month - first.month;
            // A month that has not come round is not counted.
            let reached = first.plus_months(counted).to_millis();
            let whole = match counted {
                counted if counted > 0 && reached > to => counted - 1,
                counted if counted < 0 && reached < to => counted + 1,
                counted => counted,
            };
            whole / months
        }
    })))
}

fn date_trunc<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let at = millis(&of[1]);
    let civil = Civil { millis: 0, ..Civil::of(at) };
    let name = text(&of[0]).to_ascii_lowercase();
    let truncated = match unit(&name, &of[1])? {
        Unit::Millis(_) if name == "week" => (civil.days() + 1 - civil.day_of_week()) * DAY_MS,
        Unit::Millis(unit) => at - at.rem_euclid(unit),
        Unit::Months(1) => Civil { day: 1, ..civil }.to_millis(),
        Unit::Months(3) => Civil { day: 1, month: (civil.month - 1) / 3 * 3 + 1, ..civil }.to_millis(),
        Unit::Months(_) => Civil { day: 1, month: 1, ..civil }.to_millis(),
    };
    like(&of[1], truncated)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn named(names: &'static [&'static str], from_1: i64) -> &'static str {
    usize::try_from(from_1 - 1).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
}

/// By MySQL's letters.
fn date_format<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let at = Civil::of(millis(&of[0]));
    let twelve = (at.hour() + 11) % 12 + 1;
    let half = if at.hour() < 12 { "AM" } else { "PM" };
    let mut made = String::new();
    let mut chars = text(&of[1]).chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            made.push(c);
            continue;
        }
        let letter = chars.next().ok_or("The format ends with %")?;
        let written = match letter {
            'Y' => format!("{:04}", at.year),
            'y' => format!("{:02}", at.year.rem_euclid(100)),
            'm' => format!("{:02}", at.month),
            'c' => at.month.to_string(),
            'd' => format!("{:02}", at.day),
            'e' => at.day.to_string(),
            'H' => format!("{:02}", at.hour()),
            'k' => at.hour().to_string(),
            'h' | 'I' => format!("{twelve:02}"),
            'l' => twelve.to_string(),
            'i' => format!("{:02}", at.minute()),
            's' | 'S' => format!("{:02}", at.second()),
            'f' => format!("{:03}000", at.millis % 1000),
            'p' => half.to_owned(),
            'T' => format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()),
            'M' => named(&MONTHS, at.month).to_owned(),
            'b' => named(&MONTHS, at.month)[..3].to_owned(),
            'W' => named(&DAYS, at.day_of_week()).to_owned(),
            'a' => named(&DAYS, at.day_of_week())[..3].to_owned(),
            'j' => format!("{:03}", at.day_of_year()),
            'v' => format!("{:02}", at.week().1),
            'x' => format!("{:04}", at.week().0),
            '%' => "%".to_owned(),
            letter => return Err(format!("%{letter} is not supported in a format")),
        };
        made.push_str(&written);
    }
    Ok(Some(Cell::Text(made.into())))
}

/// By MySQL's letters, numbers alone.
fn date_parse<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let invalid = || format!("Invalid format: \"{}\"", text(&of[0]));
    let mut rest = text(&of[0]);
    let mut civil = Civil { year: 1970, month: 1, day: 1, millis: 0 };
    let mut letters = text(&of[1]).chars();
    while let Some(c) = letters.next() {
        if c != '%' {
            rest = rest.strip_prefix(c).ok_or_else(invalid)?;
            continue;
        }
        let letter = letters.next().ok_or("The format ends with %")?;
        let (digits_max, most) = match letter {
            'Y' => (4, 9999),
            'm' | 'c' => (2, 12),
            'd' | 'e' => (2, 31),
            'H' | 'k' => (2, 23),
            'i' | 's' | 'S' => (2, 59),
            letter => return Err(format!("%{letter} is not supported in a format to parse")),
        };
        let digits = rest.bytes().take(digits_max).take_while(u8::is_ascii_digit).count();
        let (number, left) = rest.split_at(digits);
        let number: i64 = number.parse().ok().filter(|number| *number <= most).ok_or_else(invalid)?;
        rest = left;
        match letter {
            'Y' => civil.year = number,
            'm' | 'c' => civil.month = number,
            'd' | 'e' => civil.day = number,
            'H' | 'k' => civil.millis += number * 3_600_000,
            'i' => civil.millis += number * 60_000,
            _ => civil.millis += number * 1000,
        }
    }
    let is_real = Civil::of(civil.to_millis()) == civil;
    match rest.is_empty() && is_real {
        true => Ok(Some(Cell::Time(civil.to_millis()))),
        false => Err(invalid()),
    }
}
