//! From tokens to a tree, by precedence climbing.

use std::ops::Range;

use super::Error;
use super::arguments::check;
use super::functions::{self, Evaluation};
use super::lexer::{Token, position, tokens};
use super::limits::NESTING_MAX;
use super::syntax::{Argument, Keyword, Node, Operator, Precedence};

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Result<Node, Error> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Err(Error::at(0..text.len(), "The expression is empty"));
    }
    let mut parser = Parser { text, tokens, next: 0, depth: 0 };
    let node = parser.expression(Precedence::Or)?;
    if parser.peek().is_some() { Err(parser.unexpected()) } else { Ok(node) }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, Range<usize>)>,
    next: usize,
    /// How many [`Parser::nested`] are under way.
    depth: usize,
}

impl Parser<'_> {
    /// An expression whose operators bind at least so strongly.
    fn expression(&mut self, loosest: Precedence) -> Result<Node, Error> {
        let mut node = self.unary()?;
        while let Some(operator) = self.chain_operator()
            && operator.precedence() >= loosest
        {
            let precedence = operator.precedence();
            let mut rest = Vec::new();
            while let Some(operator) = self.chain_operator()
                && operator.precedence() == precedence
            {
                self.next += 1;
                rest.push((operator, self.expression(precedence.tighter())?));
            }
            node = Node::Chain(Box::new(node), rest);
        }
        Ok(node)
    }

    fn unary(&mut self) -> Result<Node, Error> {
        if self.take(&Token::Operator(Operator::Subtract)) {
            let operand = self.nested(Self::unary)?;
            return Ok(Node::Negate(Box::new(operand)));
        }
        let base = self.atom()?;
        if !self.take(&Token::Operator(Operator::Power)) {
            return Ok(base);
        }
        let exponent = self.nested(Self::unary)?;
        Ok(Node::Power(Box::new(base), Box::new(exponent)))
    }

    fn atom(&mut self) -> Result<Node, Error> {
        let Some((token, span)) = self.tokens.get(self.next).cloned() else { return Err(self.unexpected()) };
        match token {
            Token::Number(number) => {
                self.next += 1;
                Ok(Node::Number(number))
            }
            Token::Id(name) | Token::Name(name) if self.opens_call() => {
                self.next += 2;
                self.nested(|parser| parser.call(&name, span.clone()))
            }
            Token::Id(id) => {
                self.next += 1;
                Ok(Node::Id(id))
            }
            Token::Name(name) => {
                Err(Error::at(span, format!("'{name}' is neither an id nor followed by '(' as a function is")))
            }
            Token::Text(_) => Err(Error::at(span, "A string can only be an argument of a function")),
            Token::Open => {
                self.next += 1;
                let node = self.nested(|parser| parser.expression(Precedence::Or))?;
                self.expect(&Token::Close)?;
                Ok(node)
            }
            Token::OpenArray => {
                self.next += 1;
                self.nested(Self::array).map(Node::Array)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn array(&mut self) -> Result<Vec<Node>, Error> {
        let mut members = vec![self.expression(Precedence::Or)?];
        while self.take(&Token::Comma) {
            members.push(self.expression(Precedence::Or)?);
        }
        self.expect(&Token::CloseArray)?;
        Ok(members)
    }

    /// A call, after its opening parenthesis.
    fn call(&mut self, name: &str, span: Range<usize>) -> Result<Node, Error> {
        let Some(function) = functions::named(name) else {
            return Err(Error::at(span, format!("Function '{name}' not found")));
        };
        if let Evaluation::Refused(reason) = function.evaluation {
            return Err(Error::at(span, format!("Function '{name}' is not supported: {reason}")));
        }
        let mut arguments = Vec::new();
        if !self.take(&Token::Close) {
            arguments.push(self.argument()?);
            while self.take(&Token::Comma) {
                arguments.push(self.argument()?);
            }
            self.expect(&Token::Close)?;
        }
        check(function, &arguments, span)?;
        Ok(Node::Call(function, arguments.into_iter().map(|(argument, _)| argument).collect()))
    }

    fn argument(&mut self) -> Result<(Argument, Range<usize>), Error> {
        let start = self.span().start;
        let argument = match self.tokens.get(self.next).map(|(token, _)| token.clone()) {
            Some(Token::Text(text)) => {
                self.next += 1;
                Argument::Text(text)
            }
            Some(Token::Name(name)) if !self.opens_call() => match Keyword::named(&name) {
                Some(keyword) => {
                    self.next += 1;
                    Argument::Keyword(keyword)
                }
                None => return Err(Error::at(self.span(), format!("'{name}' is not a keyword"))),
            },
            _ => Argument::Value(self.expression(Precedence::Or)?),
        };
        let end = self.tokens[..self.next].last().map_or(start, |(_, span)| span.end);
        Ok((argument, start..end))
    }

    /// Goes one level deeper. Every recursion of the parser passes here, or climbs to a tighter
    /// precedence, of which there are few.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == NESTING_MAX {
            return Err(Error::at(self.span(), format!("More than {NESTING_MAX} levels are nested")));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    /// The next token when it is an operator of a chain; powers bind to their base.
    fn chain_operator(&self) -> Option<Operator> {
        match self.peek() {
            Some(Token::Operator(operator)) if *operator != Operator::Power => Some(*operator),
            _ => None,
        }
    }

    /// Whether a parenthesis follows the next token.
    fn opens_call(&self) -> bool {
        matches!(self.tokens.get(self.next + 1), Some((Token::Open, _)))
    }

    fn take(&mut self, token: &Token) -> bool {
        let taken = self.peek() == Some(token);
        self.next += usize::from(taken);
        taken
    }

    fn expect(&mut self, token: &Token) -> Result<(), Error> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The bytes of the next token; those after the text when there is none.
    fn span(&self) -> Range<usize> {
        let end = self.text.len();
        self.tokens.get(self.next).map_or(end..end, |(_, span)| span.clone())
    }

    fn unexpected(&self) -> Error {
        let span = self.span();
        match self.peek() {
            Some(_) => {
                let (token, at) = (&self.text[span.clone()], position(self.text, span.start));
                Error::at(span, format!("Unexpected '{token}' at character {at}"))
            }
            None => Error::at(span, "Unexpected end of the expression"),
        }
    }
}
