//! Results as text: a table for people, CSV, or JSON lines.

use std::fmt::Write as _;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::{FieldRef, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::arrow::json::writer::{EncoderOptions, LineDelimited, WriterBuilder, make_encoder};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

/// How a result is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Columns side by side, for people; it is written once all rows are known.
    #[default]
    Table,
    /// RFC 4180, with the columns' names first. Lists and maps are JSON; what is null is empty.
    Csv,
    /// An object for each row, each on a line.
    Json,
}

/// Writes the rows of one result.
pub struct Output {
    schema: SchemaRef,
    form: Form,
}

enum Form {
    Table { rows: Vec<Vec<String>>, bytes: usize },
    Csv { begun: bool },
    Json,
}

impl Output {
    /// Rows of these columns are to be written.
    pub fn new(format: Format, schema: SchemaRef) -> Self {
        let form = match format {
            Format::Table => Form::Table { rows: Vec::new(), bytes: 0 },
            Format::Csv => Form::Csv { begun: false },
            Format::Json => Form::Json,
        };
        Self { schema, form }
    }

    /// Writes rows, or keeps them until the end.
    ///
    /// # Errors
    /// A column has a type that cannot be written.
    pub fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        match &mut self.form {
            Form::Table { rows, bytes } => {
                let before = rows.len();
                cells(batch, &mut |row, text| {
                    if rows.len() == before + row {
                        rows.push(Vec::with_capacity(batch.num_columns()));
                    }
                    let text = printable(&text);
                    *bytes += text.len() + 3;
                    rows[before + row].push(text);
                })
            }
            Form::Csv { begun } => {
                header(begun, &self.schema, out);
                let mut lines = vec![String::new(); batch.num_rows()];
                cells(batch, &mut |row, text| {
                    let line = &mut lines[row];
                    // A lone empty cell would be an empty line, which readers pass over.
                    let text = if text.is_empty() && batch.num_columns() == 1 { "\"\"".into() } else { quoted(&text) };
                    line.push_str(&text);
                    line.push(',');
                })?;
                for line in lines {
                    out.extend_from_slice(line.strip_suffix(',').unwrap_or(&line).as_bytes());
                    out.extend_from_slice(b"\r\n");
                }
                Ok(())
            }
            Form::Json => {
                let writer = WriterBuilder::new().with_explicit_nulls(true);
                let mut writer: LineDelimitedWriter<_> = writer.build::<_, LineDelimited>(out);
                writer.write(batch)?;
                writer.finish()
            }
        }
    }

    /// Bytes that are kept until the end.
    pub fn kept_bytes(&self) -> usize {
        match &self.form {
            Form::Table { bytes, .. } => *bytes,
            Form::Csv { .. } | Form::Json => 0,
        }
    }

    /// Writes what is left, after the last rows.
    pub fn finish(self, out: &mut Vec<u8>) {
        match self.form {
            Form::Table { rows, .. } => {
                let names = self.schema.fields().iter().map(|field| printable(field.name())).collect();
                out.extend_from_slice(table(names, &rows).as_bytes());
            }
            Form::Csv { mut begun } => header(&mut begun, &self.schema, out),
            Form::Json => {}
        }
    }
}

/// Gives the text of every cell, by columns, with its row.
fn cells(batch: &RecordBatch, each: &mut dyn FnMut(usize, String)) -> Result<(), ArrowError> {
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if field.data_type().is_nested() {
            json_cells(field, column, each)?;
            continue;
        }
        let options = FormatOptions::new();
        let formatter = ArrayFormatter::try_new(column, &options)?;
        for row in 0..column.len() {
            each(row, formatter.value(row).try_to_string()?);
        }
    }
    Ok(())
}

fn json_cells(field: &FieldRef, column: &dyn Array, each: &mut dyn FnMut(usize, String)) -> Result<(), ArrowError> {
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(field, column, &options)?;
    for row in 0..column.len() {
        let mut text = Vec::new();
        if !encoder.is_null(row) {
            encoder.encode(row, &mut text);
        }
        each(row, String::from_utf8_lossy(&text).into_owned());
    }
    Ok(())
}

fn header(begun: &mut bool, schema: &SchemaRef, out: &mut Vec<u8>) {
    if !std::mem::replace(begun, true) {
        let names: Vec<_> = schema.fields().iter().map(|field| quoted(field.name())).collect();
        out.extend_from_slice(names.join(",").as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// Lines that are text stay lines; other control characters are for no terminal.
fn printable(text: &str) -> String {
    let mut printed = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => printed.push('\n'),
            '\t' => printed.push_str("    "),
            '\r' => {}
            c if c.is_control() => printed.push('\u{fffd}'),
            c => printed.push(c),
        }
    }
    printed
}

fn table(names: Vec<String>, rows: &[Vec<String>]) -> String {
    let width = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let mut widths: Vec<_> = names.iter().map(|name| width(name)).collect();
    for row in rows {
        for (held, cell) in widths.iter_mut().zip(row) {
            *held = (*held).max(width(cell));
        }
    }
    let mut out = String::new();
    line(&names, &widths, &mut out);
    let rule: Vec<_> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    out.push_str(&rule.join("+"));
    out.push('\n');
    rows.iter().for_each(|row| line(row, &widths, &mut out));
    let count = rows.len();
    let _ = writeln!(out, "({count} {})", if count == 1 { "row" } else { "rows" });
    out
}

/// A row, as many lines as its longest cell has.
fn line(cells: &[String], widths: &[usize], out: &mut String) {
    let lines = cells.iter().map(|cell| cell.lines().count()).max().unwrap_or(0).max(1);
    for at in 0..lines {
        let start = out.len();
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let text = cell.lines().nth(at).unwrap_or_default();
            let _ = write!(out, "{} {text:width$} ", if column > 0 { "|" } else { "" });
        }
        out.truncate(start + out[start..].trim_end().len());
        out.push('\n');
    }
}
