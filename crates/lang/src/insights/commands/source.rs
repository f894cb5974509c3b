//! `SOURCE …` says which log groups are read, and for which time (logs.md §7.9). It comes first.

use std::fmt;

use crate::insights::QueryError;
use crate::insights::bin::Bin;
use crate::insights::expression::{Quoted, Separated};
use crate::insights::lexer::Token;
use crate::insights::parser::Parser;

/// `SOURCE`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// `logGroups(…)`
    pub groups: Option<GroupFilter>,
    /// `dataSource([…])`: `name.type` each; with `groups`, both must hold.
    pub data_sources: Vec<String>,
    /// A group by its name or ARN.
    pub names: Vec<String>,
    /// `START=`
    pub start: Option<Moment>,
    /// `END=`
    pub end: Option<Moment>,
}

/// Which groups: all of what is given must hold, one element of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupFilter {
    /// `namePrefix:`, at most 5.
    pub name_prefixes: Vec<String>,
    /// `class:`; none given is `STANDARD`.
    pub classes: Vec<String>,
    /// `accountIdentifiers:`, at most 20.
    pub accounts: Vec<String>,
}

/// A moment of `START=` and `END=`.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// In milliseconds since the epoch.
    At(i64),
    /// `now`
    Now,
    /// `-1d`: as long before now.
    Before(String),
}

impl Moment {
    /// The moment, in milliseconds since the epoch.
    pub fn millis(&self, now_ms: i64) -> i64 {
        match self {
            Self::At(millis) => *millis,
            Self::Now => now_ms,
            Self::Before(duration) => now_ms.saturating_sub(duration_ms(duration).unwrap_or(0)),
        }
    }
}

/// What `class:` may say.
const CLASSES: [&str; 2] = ["STANDARD", "INFREQUENT_ACCESS"];

impl Source {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let mut source = Self::default();
        if matches!(parser.token(), Token::Text(_)) {
            source.names = parser.separated(Parser::quoted)?;
        } else {
            if parser.take_keyword("dataSource")? {
                parser.mark("(")?;
                source.data_sources = list(parser, 10)?;
                parser.mark(")")?;
            }
            if source.data_sources.is_empty() || !is_source_end(parser) {
                parser.keyword("logGroups")?;
                source.groups = Some(GroupFilter::read(parser)?);
            }
        }
        while !parser.is_end() {
            let slot = if parser.is_keyword("start") { &mut source.start } else { &mut source.end };
            if slot.is_some() || !(parser.is_keyword("start") || parser.is_keyword("end")) {
                return Err(parser.unexpected());
            }
            parser.advance()?;
            parser.mark("=")?;
            *slot = Some(moment(parser)?);
        }
        Ok(source)
    }
}

fn is_source_end(parser: &Parser<'_>) -> bool {
    parser.is_end() || parser.is_keyword("start") || parser.is_keyword("end")
}

impl GroupFilter {
    fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let mut filter = Self::default();
        parser.mark("(")?;
        while !parser.take_mark(")")? {
            let (slot, most) = match parser.word().map(str::to_ascii_lowercase).as_deref() {
                Some("nameprefix") => (&mut filter.name_prefixes, 5),
                Some("class") => (&mut filter.classes, 2),
                Some("accountidentifiers") => (&mut filter.accounts, 20),
                Some("tags") => return Err(parser.refuse("The tags of logGroups are not supported")),
                _ => return Err(parser.unexpected()),
            };
            if !slot.is_empty() {
                return Err(parser.unexpected());
            }
            parser.advance()?;
            parser.mark(":")?;
            let span = parser.span();
            *slot = list(parser, most)?;
            if filter.classes.iter().any(|class| !CLASSES.contains(&class.as_str())) {
                return Err(QueryError::unexpected(parser.text(), span.start..parser.end_of_last()));
            }
            if !parser.is_mark(")") {
                parser.mark(",")?;
            }
        }
        Ok(filter)
    }
}

/// Texts in square brackets: at least one, and not too many.
fn list(parser: &mut Parser<'_>, most: usize) -> Result<Vec<String>, QueryError> {
    let start = parser.span().start;
    parser.mark("[")?;
    let texts = parser.separated(Parser::quoted)?;
    parser.mark("]")?;
    if texts.len() > most {
        let message = format!("SOURCE takes at most {most} of these");
        return Err(QueryError::at(parser.text(), start..parser.end_of_last(), message));
    }
    Ok(texts)
}

fn moment(parser: &mut Parser<'_>) -> Result<Moment, QueryError> {
    if parser.take_keyword("now")? {
        return Ok(Moment::Now);
    }
    if !parser.take_mark("-")? {
        let millis = i64::try_from(parser.whole()?).unwrap_or(i64::MAX);
        return Ok(Moment::At(millis));
    }
    let Token::Duration(duration) = parser.token().clone() else { return Err(parser.unexpected()) };
    if duration_ms(&duration).is_none() {
        return Err(parser.unexpected());
    }
    parser.advance()?;
    Ok(Moment::Before(duration))
}

/// How long `5m` is: the count is not capped as in `bin`. Months and longer have no length.
fn duration_ms(duration: &str) -> Option<i64> {
    let digits = duration.len() - duration.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (count, unit) = duration.split_at(digits);
    let unit = Bin::parse(unit).ok()?.width_ms()?;
    count.parse::<i64>().ok()?.checked_mul(unit)
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(millis) => write!(f, "{millis}"),
            Self::Now => f.write_str("now"),
            Self::Before(duration) => write!(f, "-{duration}"),
        }
    }
}

/// Texts as a list in square brackets.
struct Texts<'t>(&'t [String]);

impl fmt::Display for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<Quoted<'_>> = self.0.iter().map(|text| Quoted(text)).collect();
        write!(f, "[{}]", Separated(&texts))
    }
}

impl fmt::Display for GroupFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members =
            [("namePrefix", &self.name_prefixes), ("class", &self.classes), ("accountIdentifiers", &self.accounts)];
        let given = members.iter().filter(|(_, values)| !values.is_empty());
        let given: Vec<String> = given.map(|(name, values)| format!("{name}: {}", Texts(values))).collect();
        write!(f, "logGroups({})", given.join(", "))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SOURCE")?;
        if !self.data_sources.is_empty() {
            write!(f, " dataSource({})", Texts(&self.data_sources))?;
        }
        if let Some(groups) = &self.groups {
            write!(f, " {groups}")?;
        }
        if !self.names.is_empty() {
            let names: Vec<Quoted<'_>> = self.names.iter().map(|name| Quoted(name)).collect();
            write!(f, " {}", Separated(&names))?;
        }
        for (name, moment) in [("START", &self.start), ("END", &self.end)] {
            if let Some(moment) = moment {
                write!(f, " {name}={moment}")?;
            }
        }
        Ok(())
    }
}
