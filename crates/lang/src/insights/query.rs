//! A query as it is written.

use std::fmt;

use super::QueryError;
use super::commands::Command;
use super::commands::source::Source;
use super::lexer::Token;
use super::parser::Parser;

/// A query: commands with bars between. Two queries are equal if their commands are.
#[derive(Clone, Debug)]
pub struct Query {
    text: String,
    commands: Vec<Command>,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// The first thing that is out of place, in the words of the service (logs.md Q-5).
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut parser = Parser::new(text)?;
        let mut commands = Vec::new();
        loop {
            if parser.is_keyword("source") && !commands.is_empty() {
                return Err(parser.unexpected());
            }
            commands.push(Command::read(&mut parser)?);
            if *parser.token() == Token::End {
                return Ok(Self { text: text.to_owned(), commands });
            }
            parser.mark("|")?;
        }
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The commands in their order.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// What the query says of what is to be read (logs.md §7.9).
    pub fn source(&self) -> Option<&Source> {
        match self.commands.first() {
            Some(Command::Source(source)) => Some(source),
            _ => None,
        }
    }
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.commands == other.commands
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, command) in self.commands.iter().enumerate() {
            f.write_str(if index > 0 { " | " } else { "" })?;
            command.fmt(f)?;
        }
        Ok(())
    }
}
