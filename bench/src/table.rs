//! The table that is printed at the end.

/// Rows in the order they were measured.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    /// Adds a figure: what, how much, against which limit, and the ratio aimed at.
    pub fn row(&mut self, what: &str, figure: String, limit: String, ratio: String) {
        self.rows.push([what.to_owned(), figure, limit, ratio]);
    }

    /// Prints the table as Markdown.
    #[expect(clippy::print_stdout, reason = "the table is this program's output")]
    pub fn print(&self) {
        println!("| what | figure | limit in the same run | ratio |");
        println!("|---|---|---|---|");
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
    }
}

/// The value below which `part` of the samples lie.
pub fn quantile(samples: &mut [f64], part: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    let at = ((samples.len() as f64 - 1.0) * part).round() as usize;
    samples.get(at).copied().unwrap_or(f64::NAN)
}

/// Milliseconds with as many digits as matter.
pub fn ms(value: f64) -> String {
    if value < 1.0 { format!("{:.0} µs", value * 1000.0) } else { format!("{value:.2} ms") }
}
