//! Reading policies: rules, blocks and clauses.

use super::syntax::{Block, Check, Clause, Clauses, File, Let, Operand, Operator, Part, Query, Rule};

/// How deep blocks, filters, lists and maps are nested.
const DEPTH_MAX: usize = 24;

/// A text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Invalid {
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

/// Reads on in a text.
pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Whether it is a condition that is read, after which a brace begins what the condition is for.
    is_in_condition: bool,
}

pub(super) type Parsed<T> = Result<T, Invalid>;

/// The whole of a policy. Clauses that stand in no rule are those of the rule `default`.
pub(super) fn file(text: &str) -> Parsed<File> {
    let mut parser = Parser { text, at: 0, depth: 0, is_in_condition: false };
    let (mut lets, mut rules, mut loose) = (Vec::new(), Vec::<Rule>::new(), Vec::new());
    while !parser.is_at_end() {
        if parser.takes_word(&["let", "LET"]) {
            lets.push(parser.binding()?);
        } else if parser.takes_word(&["rule", "RULE"]) {
            rules.push(parser.rule()?);
        } else {
            loose.push(parser.alternatives()?);
        }
    }
    if !loose.is_empty() {
        let block = Block { lets: Vec::new(), clauses: loose };
        rules.push(Rule { name: "default".to_owned(), when: None, block });
    }
    for (at, rule) in rules.iter().enumerate() {
        if rules[..at].iter().any(|earlier| earlier.name == rule.name) {
            return parser.fail(format!("the rule {} is defined twice", rule.name));
        }
    }
    match rules.is_empty() {
        true => parser.fail("there is no rule"),
        false => Ok(File { lets, rules }),
    }
}

impl Parser<'_> {
    fn rule(&mut self) -> Parsed<Rule> {
        let name = self.identifier()?;
        if self.takes("(") {
            return self.fail("rules with parameters are not part of guard-2.x.x");
        }
        let when = match self.takes_word(&["when", "WHEN"]) {
            true => Some(self.condition()?),
            false => None,
        };
        self.expect("{")?;
        Ok(Rule { name, when, block: self.block()? })
    }

    fn binding(&mut self) -> Parsed<Let> {
        let name = self.identifier()?;
        if !self.takes(":=") {
            self.expect("=")?;
        }
        Ok(Let { name, value: self.operand()? })
    }

    /// What follows the opening brace.
    fn block(&mut self) -> Parsed<Block> {
        self.nested(|parser| {
            let (mut lets, mut clauses) = (Vec::new(), Vec::new());
            while !parser.takes("}") {
                match parser.takes_word(&["let", "LET"]) {
                    true => lets.push(parser.binding()?),
                    false => clauses.push(parser.alternatives()?),
                }
            }
            match clauses.is_empty() {
                true => parser.fail("there is nothing to check in this block"),
                false => Ok(Block { lets, clauses }),
            }
        })
    }

    /// What follows `when`, up to the brace, which is left.
    fn condition(&mut self) -> Parsed<Clauses> {
        self.is_in_condition = true;
        let clauses = self.clauses_until("{");
        self.is_in_condition = false;
        clauses
    }

    /// What follows the opening bracket of a filter, up to the one that closes it, which is left.
    pub(super) fn filter(&mut self) -> Parsed<Clauses> {
        let is_in_condition = std::mem::take(&mut self.is_in_condition);
        let clauses = self.clauses_until("]");
        self.is_in_condition = is_in_condition;
        clauses
    }

    fn clauses_until(&mut self, sign: &str) -> Parsed<Clauses> {
        let mut clauses = vec![self.alternatives()?];
        while !self.sees(sign) {
            clauses.push(self.alternatives()?);
        }
        Ok(clauses)
    }

    /// Clauses with `or` between them.
    fn alternatives(&mut self) -> Parsed<Vec<Clause>> {
        let mut clauses = vec![self.clause()?];
        while self.takes_word(&["or", "OR"]) || self.takes("|OR|") || self.takes("||") {
            clauses.push(self.clause()?);
        }
        Ok(clauses)
    }

    fn clause(&mut self) -> Parsed<Clause> {
        if self.takes_word(&["when", "WHEN"]) {
            let when = self.condition()?;
            self.expect("{")?;
            return Ok(Clause::When { when, block: self.block()? });
        }
        let is_inverted = self.takes_word(&["not", "NOT"]) || self.takes("!");
        if let Some(resource_type) = self.type_name() {
            return self.type_block(resource_type);
        }
        let query = self.query()?;
        if self.begins_block() {
            return Ok(Clause::Each { query, must_be: false, block: self.block()? });
        }
        let Some((operator, is_negated)) = self.operator() else {
            return match query.parts.as_slice() {
                [Part::Key(name)] => {
                    let name = name.clone();
                    self.message()?;
                    Ok(Clause::Rule { name, is_negated: is_inverted })
                }
                _ => self.fail("there is no operator after the query"),
            };
        };
        if (operator, is_negated) == (Operator::Empty, true) && self.begins_block() {
            return Ok(Clause::Each { query, must_be: true, block: self.block()? });
        }
        let with = if operator.compares() { Some(self.operand()?) } else { None };
        self.message()?;
        Ok(Clause::Check(Check { is_inverted, query, operator, is_negated, with }))
    }

    fn begins_block(&mut self) -> bool {
        !self.is_in_condition && self.takes("{")
    }

    /// `AWS::S3::Bucket { … }`: of each resource of the type in a template.
    fn type_block(&mut self, resource_type: String) -> Parsed<Clause> {
        let when = match self.takes_word(&["when", "WHEN"]) {
            true => Some(self.condition()?),
            false => None,
        };
        self.expect("{")?;
        let mut block = self.block()?;
        if let Some(when) = when {
            block = Block { lets: Vec::new(), clauses: vec![vec![Clause::When { when, block }]] };
        }
        let key = |name: &str| Part::Key(name.to_owned());
        let is_of_type = Check {
            is_inverted: false,
            query: Query { is_some: false, parts: vec![key("Type")] },
            operator: Operator::Equal,
            is_negated: false,
            with: Some(Operand::Literal(super::syntax::Literal::Json(resource_type.into()))),
        };
        let filter = Part::Filter(vec![vec![Clause::Check(is_of_type)]]);
        let parts = vec![key("Resources"), Part::AllValues, filter];
        Ok(Clause::Each { query: Query { is_some: false, parts }, must_be: false, block })
    }

    /// An operator, and whether it is negated.
    pub(super) fn operator(&mut self) -> Option<(Operator, bool)> {
        /// Words in lower case; those in upper case are the same.
        const WORDS: [(&str, Operator); 11] = [
            ("exists", Operator::Exists),
            ("empty", Operator::Empty),
            ("in", Operator::In),
            ("is_string", Operator::IsString),
            ("is_list", Operator::IsList),
            ("is_struct", Operator::IsStruct),
            ("is_map", Operator::IsStruct),
            ("is_bool", Operator::IsBool),
            ("is_int", Operator::IsInt),
            ("is_float", Operator::IsFloat),
            ("is_null", Operator::IsNull),
        ];
        const SIGNS: [(&str, (Operator, bool)); 6] = [
            ("==", (Operator::Equal, false)),
            ("!=", (Operator::Equal, true)),
            ("<=", (Operator::LessOrEqual, false)),
            (">=", (Operator::GreaterOrEqual, false)),
            ("<", (Operator::Less, false)),
            (">", (Operator::Greater, false)),
        ];
        self.skip();
        let start = self.at;
        // `<<` begins a message.
        if !self.sees("<<")
            && let Some((_, found)) = SIGNS.iter().find(|(sign, _)| self.takes(sign))
        {
            return Some(*found);
        }
        let is_negated = self.takes_word(&["not", "NOT"]) || self.takes("!");
        let word = |(word, _): &&(&str, Operator)| self.takes_word(&[word, &word.to_uppercase()]);
        match WORDS.iter().find(word) {
            Some((_, operator)) => Some((*operator, is_negated)),
            None => {
                self.at = start;
                None
            }
        }
    }

    /// `<< … >>`, which says nothing that is kept.
    fn message(&mut self) -> Parsed<()> {
        if !self.takes("<<") {
            return Ok(());
        }
        match self.text[self.at..].find(">>") {
            Some(end) => {
                self.at += end + 2;
                Ok(())
            }
            None => self.fail("the message does not end"),
        }
    }
}

/// Signs and words.
impl<'a> Parser<'a> {
    /// Passes blanks and comments over.
    pub(super) fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    fn is_at_end(&mut self) -> bool {
        self.skip();
        self.rest().is_empty()
    }

    pub(super) fn sees(&mut self, sign: &str) -> bool {
        self.skip();
        self.rest().starts_with(sign)
    }

    pub(super) fn takes(&mut self, sign: &str) -> bool {
        let is_there = self.sees(sign);
        if is_there {
            self.at += sign.len();
        }
        is_there
    }

    /// Takes one of these words, if it stands alone.
    pub(super) fn takes_word(&mut self, words: &[&str]) -> bool {
        self.skip();
        let length = self.rest().find(|char: char| !is_of_name(char)).unwrap_or(self.rest().len());
        let is_there = words.contains(&&self.rest()[..length]);
        if is_there {
            self.at += length;
        }
        is_there
    }

    pub(super) fn expect(&mut self, sign: &str) -> Parsed<()> {
        match self.takes(sign) {
            true => Ok(()),
            false => self.fail(format!("`{sign}` is missing")),
        }
    }

    pub(super) fn identifier(&mut self) -> Parsed<String> {
        self.skip();
        let rest = self.rest();
        let length = rest.find(|char: char| !is_of_name(char)).unwrap_or(rest.len());
        if length == 0 {
            return self.fail("a name is missing");
        }
        self.at += length;
        Ok(rest[..length].to_owned())
    }

    /// `AWS::S3::Bucket`, if that is what stands here.
    fn type_name(&mut self) -> Option<String> {
        self.skip();
        let rest = self.rest();
        let length = rest.find(|char: char| !is_of_name(char) && char != ':').unwrap_or(rest.len());
        let name = &rest[..length];
        name.contains("::").then(|| {
            self.at += length;
            name.to_owned()
        })
    }

    /// What is read one level deeper.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEPTH_MAX {
            return self.fail(format!("it is nested more than {DEPTH_MAX} deep"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, place: usize) {
        self.at = place;
    }

    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let line = self.text[..self.at].matches('\n').count() + 1;
        Err(Invalid { line, message: message.into() })
    }
}

fn is_of_name(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}
