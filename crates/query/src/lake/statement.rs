//! Statements of CloudTrail Lake: Trino's SELECT, checked form by form and written so that DataFusion answers as Trino
//! does (cloudtrail.md §7.2).
//!
//! Invariant: what is not known here is refused. A form that would be planned but mean something else is either
//! rewritten or not let through.

mod expressions;
mod functions;
mod relations;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use base::Timestamp;
use datafusion::sql::sqlparser::ast::{self, Ident};
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use lang::lake_statement::LakeStatement;

use super::dialect::Trino;

/// The longest statement, in characters (cloudtrail.md §10.1).
pub const CHARS_MAX: usize = 10_000;
/// Operators that may follow one another without brackets: planning takes a time that grows with their square.
const OPERATORS_MAX: usize = 256;
/// What follows a name that several columns have. No name of a statement has it, so none of them can be meant by it.
pub const SAME_NAME: char = '\u{1}';

/// A statement that is known in all of its forms.
pub struct Checked {
    /// The statement as DataFusion takes it.
    pub query: Box<ast::Query>,
    /// The stores that it reads.
    pub ids: BTreeSet<String>,
    /// What of stores' columns it names.
    pub uses: Uses,
    /// What its columns are called.
    pub shown: Vec<Shown>,
}

/// What is called what in the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// One column: its name as the statement has it, or none when it gave it none.
    One(Option<String>),
    /// As many as tables have.
    All,
}

/// The members that a statement names below each name; nothing that it does not name is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses(BTreeMap<String, Option<BTreeSet<String>>>);

impl Uses {
    /// The members of a column that may be read; all when `None`.
    pub fn members(&self, column: &str) -> Option<&BTreeSet<String>> {
        self.0.get(column)?.as_ref()
    }

    /// A path names what it ends with as a whole, and one member of each before.
    fn note(&mut self, path: &[String]) {
        for (at, name) in path.iter().enumerate() {
            let members = self.0.entry(name.clone()).or_insert_with(|| Some(BTreeSet::new()));
            match (path.get(at + 1), members) {
                (Some(member), Some(members)) => drop(members.insert(member.clone())),
                (None, members) => *members = None,
                (Some(_), None) => {}
            }
        }
    }

    /// Everything is read as a whole.
    fn note_all(&mut self) {
        self.0.values_mut().for_each(|members| *members = None);
    }
}

/// Parses and checks a statement. It goes as deep as the statement does: it is run where there is room for that.
///
/// # Errors
/// Why it is refused.
pub fn check(text: &str, now: Timestamp) -> Result<Checked, String> {
    if text.chars().count() > CHARS_MAX {
        return Err(format!("The statement is longer than {CHARS_MAX} characters."));
    }
    let found = LakeStatement::of(text);
    let tokens = Tokenizer::new(&Trino, &found.sql).tokenize_with_location().map_err(|error| error.to_string())?;
    let mut parser = Parser::new(&Trino).with_tokens_with_locations(with_list_types(tokens));
    let parsed = parser.parse_statements().map_err(|error| error.to_string())?;
    let mut statements = parsed.into_iter();
    let statement = statements.next().ok_or("The statement is empty.")?;
    if statements.next().is_some() {
        return Err("Only one statement can be run at a time.".to_owned());
    }
    let ast::Statement::Query(mut query) = statement else {
        return Err("Only SELECT statements are allowed.".to_owned());
    };
    if is_deep(&query) {
        return Err(format!("An expression of the statement has more than {OPERATORS_MAX} operators in a row."));
    }
    let mut rewriter = Rewriter {
        now,
        known: found.ids.into_iter().collect(),
        common: common_tables(&query),
        named: BTreeSet::new(),
        uses: Uses::default(),
        takes_all: false,
        parameters: Vec::new(),
    };
    let shown = rewriter.query(&mut query)?;
    let Rewriter { named, mut uses, takes_all, .. } = rewriter;
    if named.is_empty() {
        return Err("FROM must name an event data store by its ID.".to_owned());
    }
    if takes_all {
        uses.note_all();
    }
    Ok(Checked { query, ids: named, uses, shown })
}

/// Trino writes `CAST(… AS array(json))`, the parser knows `array<json>`.
fn with_list_types(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let is_space = |token: &TokenWithSpan| matches!(token.token, Token::Whitespace(_));
    let places: Vec<usize> = (0..tokens.len()).filter(|at| !is_space(&tokens[*at])).collect();
    for at in 2..places.len() {
        let [of, name, open] = [places[at - 2], places[at - 1], places[at]];
        let begins = is_word(&tokens[of].token, "as")
            && is_word(&tokens[name].token, "array")
            && tokens[open].token == Token::LParen;
        if let Some(close) = closing(&tokens, open).filter(|_| begins) {
            tokens[open].token = Token::Lt;
            tokens[close].token = Token::Gt;
        }
    }
    tokens
}

fn is_word(token: &Token, wanted: &str) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted),
        _ => false,
    }
}

/// Where a bracket is closed.
fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 1 => return Some(at),
            Token::RParen => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// Whether an expression has more operators in a row than can be planned.
fn is_deep(query: &ast::Query) -> bool {
    let too_long = |expression: &ast::Expr| {
        let mut at = expression;
        let mut operators = 0;
        while let ast::Expr::BinaryOp { left, .. } = at {
            at = left;
            operators += 1;
            if operators > OPERATORS_MAX {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    };
    ast::visit_expressions(query, too_long).is_break()
}

/// The names that WITH gives to queries, at any depth: which is seen from where is for the planner to tell.
fn common_tables(query: &ast::Query) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl ast::Visitor for Names {
        type Break = ();

        fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<()> {
            let tables = query.with.iter().flat_map(|with| &with.cte_tables);
            self.0.extend(tables.map(|table| table.alias.name.value.to_lowercase()));
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(BTreeSet::new());
    let _ = ast::Visit::visit(query, &mut names);
    names.0
}

/// What goes over a statement.
struct Rewriter {
    now: Timestamp,
    /// The ids that are in the text.
    known: BTreeSet<String>,
    /// The names of WITH.
    common: BTreeSet<String>,
    /// The ids that are read.
    named: BTreeSet<String>,
    uses: Uses,
    /// There is a `*` that stands for columns.
    takes_all: bool,
    /// Parameters of the lambdas that are around.
    parameters: Vec<Vec<String>>,
}

/// Names are the same in any case, with quotes or without.
fn lower(name: Ident) -> Ident {
    Ident { value: name.value.to_lowercase(), quote_style: Some('"'), ..name }
}

fn quoted(name: impl Into<String>) -> Ident {
    Ident::with_quote('"', name)
}

fn refused(what: impl std::fmt::Display) -> String {
    format!("{what} is not supported.")
}

/// A form as an error shows it.
fn told(form: &impl std::fmt::Display) -> String {
    let text = form.to_string();
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
