//! From items to a [`Query`].

use super::lex::{Item, Placed, lex};
use super::{Aggregate, Condition, GroupKey, Operand, OrderBy, Query, SERIES_MAX, reserved};

type Parsed<T> = Result<T, Placed<String>>;

pub(super) fn parse(text: &str) -> Result<Query, String> {
    let parsed = lex(text).and_then(|items| Parser { items, next: 0, end: text.len() }.query());
    parsed.map_err(|(message, at)| {
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
        format!("{message} (line {line}, column {column})")
    })
}

struct Parser {
    items: Vec<Placed<Item>>,
    next: usize,
    end: usize,
}

impl Parser {
    fn query(mut self) -> Parsed<Query> {
        self.expect_keyword("SELECT")?;
        let aggregate = self.aggregate()?;
        self.expect_sign("(")?;
        let metric_name = self.name("the name of a metric")?;
        self.expect_sign(")")?;
        self.expect_keyword("FROM")?;
        let (namespace, schema) = self.source()?;
        let conditions = if self.take_keyword("WHERE") { self.conditions()? } else { Vec::new() };
        let group_by = if self.take_keywords("GROUP", "BY")? { self.keys()? } else { Vec::new() };
        let order_by = if self.take_keywords("ORDER", "BY")? { Some(self.order_by()?) } else { None };
        let limit = if self.take_keyword("LIMIT") { Some(self.limit()?) } else { None };
        if self.next < self.items.len() {
            return self.unexpected("the end or another clause (WHERE, GROUP BY, ORDER BY, LIMIT, in this order)");
        }
        Ok(Query { aggregate, metric_name, namespace, schema, conditions, group_by, order_by, limit })
    }

    fn source(&mut self) -> Parsed<(String, Option<Vec<String>>)> {
        if !self.take_keyword("SCHEMA") {
            return Ok((self.name("a namespace or SCHEMA")?, None));
        }
        self.expect_sign("(")?;
        let namespace = self.name("a namespace")?;
        let mut dimensions = Vec::new();
        while self.take_sign(",") {
            dimensions.push(self.name("the name of a dimension")?);
        }
        self.expect_sign(")")?;
        Ok((namespace, Some(dimensions)))
    }

    fn conditions(&mut self) -> Parsed<Vec<Condition>> {
        let mut conditions = vec![self.condition()?];
        while self.take_keyword("AND") {
            conditions.push(self.condition()?);
        }
        if self.at_keyword("OR") {
            return self.unexpected("AND, the only way to join conditions");
        }
        Ok(conditions)
    }

    fn condition(&mut self) -> Parsed<Condition> {
        let key = self.key()?;
        let equal = if self.take_sign("=") {
            true
        } else if self.take_sign("!=") {
            false
        } else {
            return self.unexpected("= or !=");
        };
        let operand = if let Some(Item::Value(value)) = self.peek() {
            let operand = Operand::Text(value.clone());
            self.next += 1;
            operand
        } else if key == GroupKey::AccountId && self.take_keyword("CURRENT_ACCOUNT_ID") {
            self.expect_sign("(")?;
            self.expect_sign(")")?;
            Operand::CurrentAccountId
        } else {
            return self.unexpected("a value in single quotes");
        };
        Ok(Condition { key, equal, operand })
    }

    fn keys(&mut self) -> Parsed<Vec<GroupKey>> {
        let mut keys = vec![self.key()?];
        while self.take_sign(",") {
            keys.push(self.key()?);
        }
        Ok(keys)
    }

    /// A dimension, `tag.<key>` or `AWS.AccountId`. After the dot a reserved word can be no
    /// keyword, so it needs no quotes.
    fn key(&mut self) -> Parsed<GroupKey> {
        let dotted = matches!(self.items.get(self.next + 1), Some((Item::Sign("."), _)));
        let Some(Item::Word(word)) = self.peek().filter(|_| dotted) else {
            return self.name("the name of a dimension, tag.<key> or AWS.AccountId").map(GroupKey::Dimension);
        };
        let is_tag = match word.as_str() {
            "tag" => true,
            "AWS" => false,
            _ => return self.unexpected("tag.<key>, AWS.AccountId or a name in double quotes"),
        };
        self.next += 2;
        match self.peek() {
            Some(Item::Word(key) | Item::Name(key)) if is_tag && !key.is_empty() => {
                let key = key.clone();
                self.next += 1;
                Ok(GroupKey::Tag(key))
            }
            Some(Item::Word(key)) if !is_tag && key == "AccountId" => {
                self.next += 1;
                Ok(GroupKey::AccountId)
            }
            _ if is_tag => self.unexpected("the key of a tag"),
            _ => self.unexpected("AccountId"),
        }
    }

    fn order_by(&mut self) -> Parsed<OrderBy> {
        let aggregate = self.aggregate()?;
        self.expect_sign("(")?;
        self.expect_sign(")")?;
        let descending = self.take_keyword("DESC");
        if !descending {
            self.take_keyword("ASC");
        }
        Ok(OrderBy { aggregate, descending })
    }

    fn limit(&mut self) -> Parsed<usize> {
        let limit = match self.peek() {
            Some(Item::Word(word)) => word.parse().ok().filter(|limit| (1..=SERIES_MAX).contains(limit)),
            _ => None,
        };
        match limit {
            Some(limit) => {
                self.next += 1;
                Ok(limit)
            }
            None => self.unexpected(&format!("a number from 1 to {SERIES_MAX}")),
        }
    }

    fn aggregate(&mut self) -> Parsed<Aggregate> {
        match Aggregate::ALL.into_iter().find(|aggregate| self.at_keyword(aggregate.name())) {
            Some(aggregate) => {
                self.next += 1;
                Ok(aggregate)
            }
            None => self.unexpected("AVG, COUNT, MAX, MIN or SUM"),
        }
    }

    /// A name: of letters, digits and `_` and no reserved word, or anything in double quotes.
    fn name(&mut self, what: &str) -> Parsed<String> {
        let name = match self.peek() {
            Some(Item::Word(word)) if reserved::is_reserved(word) => {
                return self.unexpected(&format!("{what} (reserved words must be in double quotes)"));
            }
            Some(Item::Word(name) | Item::Name(name)) if !name.is_empty() => name.clone(),
            _ => return self.unexpected(what),
        };
        self.next += 1;
        Ok(name)
    }

    fn peek(&self) -> Option<&Item> {
        self.items.get(self.next).map(|(item, _)| item)
    }

    fn at_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Some(Item::Word(word)) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        self.next += usize::from(found);
        found
    }

    fn take_keywords(&mut self, first: &str, second: &str) -> Parsed<bool> {
        if self.take_keyword(first) { self.expect_keyword(second).map(|()| true) } else { Ok(false) }
    }

    fn expect_keyword(&mut self, keyword: &str) -> Parsed<()> {
        if self.take_keyword(keyword) { Ok(()) } else { self.unexpected(keyword) }
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Item::Sign(found)) if *found == sign);
        self.next += usize::from(found);
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Parsed<()> {
        if self.take_sign(sign) { Ok(()) } else { self.unexpected(&format!("'{sign}'")) }
    }

    fn unexpected<T>(&self, expected: &str) -> Parsed<T> {
        let at = self.items.get(self.next).map_or(self.end, |(_, at)| *at);
        let found = match self.peek() {
            None => "the query ends".to_owned(),
            Some(Item::Word(word)) => format!("'{word}' was found"),
            Some(Item::Name(name)) => format!("\"{name}\" was found"),
            Some(Item::Value(value)) => format!("the value '{value}' was found"),
            Some(Item::Sign(sign)) => format!("'{sign}' was found"),
        };
        Err((format!("{found} where {expected} was expected"), at))
    }
}
