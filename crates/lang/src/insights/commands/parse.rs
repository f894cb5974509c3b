//! `parse f "glob*" as a, b` and `parse f /(?<a>…)/` take parts of a text as fields.

use std::fmt;

use regex::Regex;

use super::{Flow, Step};
use crate::insights::compile::Compiler;
use crate::insights::evaluate::Node;
use crate::insights::expression::{self, Expression, Name, Quoted, Separated, Slashed, Span};
use crate::insights::glob::Glob;
use crate::insights::lexer::Token;
use crate::insights::parser::Parser;
use crate::insights::record::{Place, Record, System};
use crate::insights::{QueryError, Value};

/// `parse`
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// A field, or a call.
    pub source: Expression,
    /// How its parts are found.
    pub pattern: Pattern,
    /// Where the pattern stands.
    pub span: Span,
}

/// How parts are found.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// A glob, and a name for each star.
    Glob(String, Vec<String>),
    /// A regular expression whose groups have names.
    Regex(String),
}

impl Parse {
    pub(in crate::insights) fn read(parser: &mut Parser<'_>) -> Result<Self, QueryError> {
        let source = expression::operand(parser)?;
        let start = parser.span().start;
        let pattern = match parser.token() {
            Token::Text(_) => {
                let glob = parser.quoted()?;
                let names = match parser.take_keyword("as")? {
                    true => parser.separated(Parser::alias)?,
                    false => Vec::new(),
                };
                Pattern::Glob(glob, names)
            }
            _ => Pattern::Regex(parser.regex()?),
        };
        let span = Span(start..parser.end_of_last());
        Ok(Self { source, pattern, span })
    }

    pub(in crate::insights) fn compile(&self, compiler: &mut Compiler<'_>) -> Result<(), QueryError> {
        let source = compiler.expression(&self.source)?;
        let (finder, names) = match &self.pattern {
            Pattern::Glob(text, names) => {
                let glob = Glob::parse(text);
                if glob.star_count() != names.len() || names.is_empty() {
                    let (stars, aliases) = (glob.star_count(), names.len());
                    let message = format!("parse has {stars} wildcards (*) for {aliases} aliases");
                    return Err(compiler.error(&self.span, message));
                }
                (Finder::Glob(glob), names.clone())
            }
            Pattern::Regex(pattern) => {
                let regex = compiler.regex(pattern, &self.span)?;
                let names: Vec<String> = regex.capture_names().flatten().map(str::to_owned).collect();
                if names.is_empty() {
                    return Err(compiler.error(&self.span, "the regular expression of parse has no named groups"));
                }
                let groups = regex.capture_names().enumerate().filter(|(_, name)| name.is_some());
                let groups = groups.map(|(group, _)| group).collect();
                (Finder::Regex { regex, groups }, names)
            }
        };
        let slots: Vec<usize> = names.iter().map(|_| compiler.slot()).collect();
        compiler.step(Extract { source, finder, slots: slots.clone() });
        for (name, slot) in names.into_iter().zip(slots) {
            compiler.define(&name, Place::Slot(slot));
            compiler.show_too(name.into(), Place::Slot(slot));
        }
        Ok(())
    }
}

impl fmt::Display for Parse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parse {} ", self.source)?;
        match &self.pattern {
            Pattern::Regex(pattern) => Slashed(pattern).fmt(f),
            Pattern::Glob(glob, names) if names.is_empty() => Quoted(glob).fmt(f),
            Pattern::Glob(glob, names) => {
                let names: Vec<Name<'_>> = names.iter().map(|name| Name(name)).collect();
                write!(f, "{} as {}", Quoted(glob), Separated(&names))
            }
        }
    }
}

#[derive(Debug)]
struct Extract {
    source: Node,
    finder: Finder,
    slots: Vec<usize>,
}

#[derive(Debug)]
enum Finder {
    Glob(Glob),
    Regex { regex: Regex, groups: Vec<usize> },
}

impl Step for Extract {
    fn run(&self, record: &mut Record<'_>) -> Flow {
        let parts = self.source.text(record).and_then(|text| self.finder.find(&text));
        // Where nothing matches the names are missing.
        let parts = parts.unwrap_or_else(|| vec![Value::Null; self.slots.len()]);
        for (slot, part) in self.slots.iter().zip(parts) {
            record.slots[*slot] = part;
        }
        Flow::On
    }

    fn reads(&self, visit: &mut dyn FnMut(Place)) {
        self.source.places(visit);
    }

    fn makes(&self) -> &[usize] {
        &self.slots
    }

    fn parts_of_message(&self) -> &[usize] {
        match self.source {
            Node::Place(Place::System(System::Message)) => &self.slots,
            _ => &[],
        }
    }
}

impl Finder {
    fn find(&self, text: &str) -> Option<Vec<Value>> {
        match self {
            Self::Glob(glob) => Some(glob.captures(text)?.into_iter().map(Value::from).collect()),
            Self::Regex { regex, groups } => {
                let captures = regex.captures(text)?;
                let group = |group: &usize| captures.get(*group).map_or(Value::Null, |part| Value::from(part.as_str()));
                Some(groups.iter().map(group).collect())
            }
        }
    }
}
