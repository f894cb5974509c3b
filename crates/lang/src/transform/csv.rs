//! `csv`.

use serde_json::Value;

use super::path::{Path, Source, destination, optional};
use super::{Event, Step, processor};

/// Columns that a row can have.
const COLUMNS_MAX: usize = 100;

#[derive(Debug)]
pub(super) struct Csv {
    source: Source,
    destination: Option<Path>,
    delimiter: String,
    quote: char,
    columns: Vec<Path>,
}

impl Csv {
    pub fn new(given: &processor::Csv) -> Result<Self, String> {
        let quote = given.quote_character.as_deref().unwrap_or("\"");
        let mut characters = quote.chars();
        let (Some(quote), None) = (characters.next(), characters.next()) else {
            return Err(format!("The quote character {quote:?} of csv must be one character."));
        };
        let delimiter = match given.delimiter.as_deref() {
            None => ",",
            // A tab is written as in AWS's console.
            Some("\\t") => "\t",
            Some("") => return Err("The delimiter of csv must not be empty.".to_owned()),
            Some(delimiter) => delimiter,
        };
        if delimiter.contains(quote) {
            return Err("The delimiter and the quote character of csv must differ.".to_owned());
        }
        let columns = given.columns.as_deref().unwrap_or_default();
        if columns.len() > COLUMNS_MAX {
            return Err(format!("A csv processor can have at most {COLUMNS_MAX} columns."));
        }
        Ok(Self {
            source: Source::parse(given.source.as_deref())?,
            destination: optional(given.destination.as_deref())?,
            delimiter: delimiter.to_owned(),
            quote,
            columns: columns.iter().map(|column| Path::parse(column)).collect::<Result<_, _>>()?,
        })
    }
}

impl Step for Csv {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        let text = self.source.text(event)?;
        let cells = row(text.trim_end_matches(['\r', '\n']), &self.delimiter, self.quote)
            .ok_or("A quote of the source of csv is not closed.")?;
        let object = destination(self.destination.as_ref(), &mut event.root)?;
        for (index, cell) in cells.into_iter().enumerate() {
            match self.columns.get(index) {
                Some(column) => column.set(object, Value::String(cell))?,
                None => {
                    object.insert(format!("column_{}", index + 1), Value::String(cell));
                }
            }
        }
        Ok(())
    }
}

/// The cells of a row. Two quotes inside a quoted cell are one. `None` if a quote is not closed.
fn row(text: &str, delimiter: &str, quote: char) -> Option<Vec<String>> {
    let mut cells = vec![String::new()];
    let mut rest = text;
    loop {
        let cell = cells.last_mut().expect("there is a first cell");
        if let Some(quoted) = rest.strip_prefix(quote).filter(|_| cell.is_empty()) {
            rest = quoted;
            loop {
                let end = rest.find(quote)?;
                cell.push_str(&rest[..end]);
                rest = &rest[end + quote.len_utf8()..];
                match rest.strip_prefix(quote) {
                    Some(after) => {
                        cell.push(quote);
                        rest = after;
                    }
                    None => break,
                }
            }
        }
        match rest.find(delimiter) {
            Some(end) => {
                cell.push_str(&rest[..end]);
                rest = &rest[end + delimiter.len()..];
                cells.push(String::new());
            }
            None => {
                cell.push_str(rest);
                return Some(cells);
            }
        }
    }
}
