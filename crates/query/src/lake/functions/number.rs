//! Functions of numbers.

use datafusion::logical_expr::ScalarUDF;

use super::row::Kind::{Bigint, Double, Like, Number};
use super::row::{Cell, by_row, double, int};

type Made<'b> = Result<Option<Cell<'b>>, String>;

/// All of them.
pub fn functions() -> Vec<ScalarUDF> {
    vec![
        by_row("trino_abs", &[Number], 0, Like(0), |of| match &of[0] {
            Cell::Int(number) => Ok(Some(Cell::Int(number.checked_abs().ok_or("Value is out of range")?))),
            other => made(double(other).abs()),
        }),
        by_row("trino_ceiling", &[Number], 0, Like(0), |of| whole(&of[0], f64::ceil)),
        by_row("trino_floor", &[Number], 0, Like(0), |of| whole(&of[0], f64::floor)),
        by_row("trino_truncate", &[Number], 0, Like(0), |of| whole(&of[0], f64::trunc)),
        by_row("trino_sign", &[Number], 0, Like(0), |of| match &of[0] {
            Cell::Int(number) => Ok(Some(Cell::Int(number.signum()))),
            other => made(match double(other) {
                number if number == 0.0 || number.is_nan() => number,
                number => number.signum(),
            }),
        }),
        by_row("trino_round", &[Number, Bigint], 1, Like(0), round),
        by_row("trino_mod", &[Bigint, Bigint], 0, Bigint, modulo),
        by_row("trino_power", &[Double, Double], 0, Double, |of| made(double(&of[0]).powf(double(&of[1])))),
        by_row("trino_sqrt", &[Double], 0, Double, |of| made(double(&of[0]).sqrt())),
    ]
}

fn made<'b>(number: f64) -> Made<'b> {
    Ok(Some(Cell::Double(number)))
}

fn whole<'b>(of: &Cell<'_>, to: fn(f64) -> f64) -> Made<'b> {
    match of {
        Cell::Int(number) => Ok(Some(Cell::Int(*number))),
        other => made(to(double(other))),
    }
}

/// To so many digits after the point; half goes away from zero.
fn round<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let digits = of.get(1).map_or(0, int);
    match &of[0] {
        Cell::Int(number) if digits >= 0 => Ok(Some(Cell::Int(*number))),
        Cell::Int(number) => {
            let unit = u32::try_from(-digits).ok().and_then(|digits| 10i64.checked_pow(digits));
            let Some(unit) = unit else { return Ok(Some(Cell::Int(0))) };
            let half = unit / 2 * number.signum();
            Ok(Some(Cell::Int(number.checked_add(half).ok_or("Value is out of range")? / unit * unit)))
        }
        other => {
            let (number, digits) = (double(other), i32::try_from(digits.clamp(-400, 400)).unwrap_or_default());
            let scale = 10f64.powi(digits);
            let scaled = (number * scale).round() / scale;
            made(if scaled.is_finite() { scaled } else { number })
        }
    }
}

fn modulo<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    match int(&of[1]) {
        0 => Err("Division by zero".to_owned()),
        by => Ok(Some(Cell::Int(int(&of[0]).wrapping_rem(by)))),
    }
}
