//! Following queries through a document.

use serde_json::Value;

use super::Failure;
use super::compare::equals;
use super::evaluate::{Evaluation, Scope, Status};
use super::syntax::{Clauses, Literal, Operand, Operator, Part, Query};

/// A value on the way: of the document, or of the policy.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    Json(&'a Value),
    Literal(&'a Literal),
    /// A key of an object.
    Text(&'a str),
}

/// What a query finds; `None` where its way ends before its end.
pub(super) type Results<'a> = Vec<Option<Found<'a>>>;

impl<'a> Found<'a> {
    /// The elements of a list.
    pub(super) fn list(self) -> Option<Vec<Found<'a>>> {
        match self {
            Self::Json(Value::Array(list)) => Some(list.iter().map(Self::Json).collect()),
            Self::Literal(Literal::List(list)) => Some(list.iter().map(Self::Literal).collect()),
            Self::Literal(Literal::Json(value)) => Self::Json(value).list(),
            _ => None,
        }
    }

    /// The value as JSON, where it is that as it stands.
    pub(super) fn json(self) -> Option<&'a Value> {
        match self {
            Self::Json(value) | Self::Literal(Literal::Json(value)) => Some(value),
            Self::Literal(_) | Self::Text(_) => None,
        }
    }

    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            other => other.json()?.as_str(),
        }
    }

    fn members(self) -> Option<&'a serde_json::Map<String, Value>> {
        self.json()?.as_object()
    }
}

impl<'a> Evaluation<'a> {
    /// What a query finds from a scope's value on.
    pub(super) fn query(&self, scope: &Scope<'a, '_>, query: &'a Query) -> Result<Results<'a>, Failure> {
        self.deeper(|| {
            let mut results = Vec::new();
            self.follow(scope, &query.parts, None, scope.value, &mut results)?;
            Ok(results)
        })
    }

    /// The values of an operand.
    pub(super) fn operand(&self, scope: &Scope<'a, '_>, operand: &'a Operand) -> Result<Results<'a>, Failure> {
        match operand {
            Operand::Literal(literal) => Ok(vec![Some(Found::Literal(literal))]),
            Operand::Query(query) => self.query(scope, query),
        }
    }

    /// The values of a variable: of the nearest that is defined around.
    fn variable(&self, scope: &Scope<'a, '_>, name: &'a str) -> Result<Results<'a>, Failure> {
        let mut around = Some(scope);
        while let Some(here) = around {
            self.step(1)?;
            if let Some(found) = here.lets.iter().find(|found| found.name == name) {
                return self.operand(here, &found.value);
            }
            around = here.parent;
        }
        Err(Failure::Undefined(format!("the variable %{name}")))
    }

    fn follow(
        &self,
        scope: &Scope<'a, '_>,
        parts: &'a [Part],
        last: Option<&'a Part>,
        current: Found<'a>,
        results: &mut Results<'a>,
    ) -> Result<(), Failure> {
        self.step(1)?;
        let Some((part, rest)) = parts.split_first() else {
            results.push(Some(current));
            return Ok(());
        };
        self.deeper(|| match part {
            Part::This => self.follow(scope, rest, Some(part), current, results),
            Part::Variable(name) => {
                // A variable stands for its values: `%list[*]` is the same as `%list`.
                let rest = if let [Part::AllIndices, after @ ..] = rest { after } else { rest };
                for value in self.variable(scope, name)? {
                    match value {
                        Some(value) => {
                            let inner = scope.of_value(value);
                            self.follow(&inner, rest, Some(part), value, results)?;
                        }
                        None => results.push(None),
                    }
                }
                Ok(())
            }
            Part::Key(name) => match current.members().and_then(|members| member(members, name)) {
                Some(value) => self.follow(scope, rest, Some(part), Found::Json(value), results),
                None => self.ended(results),
            },
            Part::VariableKey(name) => self.follow_keys(scope, name, rest, part, current, results),
            Part::Index(index) => {
                let list = current.list().unwrap_or_default();
                let offset = match usize::try_from(*index) {
                    Ok(offset) => Some(offset),
                    Err(_) => usize::try_from(index.unsigned_abs()).ok().and_then(|back| list.len().checked_sub(back)),
                };
                match offset.and_then(|offset| list.get(offset)) {
                    Some(value) => self.follow(scope, rest, Some(part), *value, results),
                    None => self.ended(results),
                }
            }
            Part::AllIndices | Part::AllValues => {
                let values = match (current.list(), current.members()) {
                    (Some(list), _) => list,
                    (None, Some(members)) if matches!(part, Part::AllValues) => {
                        members.values().map(Found::Json).collect()
                    }
                    // What may be a list is often one value alone.
                    _ => vec![current],
                };
                if values.is_empty() {
                    return self.ended(results);
                }
                for value in values {
                    self.follow(scope, rest, Some(part), value, results)?;
                }
                Ok(())
            }
            Part::Filter(clauses) => self.filter(scope, clauses, rest, (last, part), current, results),
            Part::Keys { operator, is_negated, with } => {
                let Some(members) = current.members() else { return self.ended(results) };
                let with = self.operand(scope, with)?;
                for (key, value) in members {
                    let is_so = with.iter().flatten().try_fold(false, |found, with| {
                        let one = self.is_key(key, *operator, *with)?;
                        Ok::<_, Failure>(found || one)
                    })?;
                    if is_so != *is_negated {
                        self.follow(scope, rest, Some(part), Found::Json(value), results)?;
                    }
                }
                Ok(())
            }
        })
    }

    fn ended(&self, results: &mut Results<'a>) -> Result<(), Failure> {
        results.push(None);
        Ok(())
    }

    fn follow_keys(
        &self,
        scope: &Scope<'a, '_>,
        name: &'a str,
        rest: &'a [Part],
        part: &'a Part,
        current: Found<'a>,
        results: &mut Results<'a>,
    ) -> Result<(), Failure> {
        for value in self.variable(scope, name)? {
            let names = value.map(|value| value.list().unwrap_or_else(|| vec![value])).unwrap_or_default();
            if names.is_empty() {
                self.ended(results)?;
            }
            for name in names {
                let found = name.text().and_then(|name| member(current.members()?, name));
                match found {
                    Some(value) => self.follow(scope, rest, Some(part), Found::Json(value), results)?,
                    None => self.ended(results)?,
                }
            }
        }
        Ok(())
    }

    /// Goes on with what clauses hold of: with the value itself after `.*`, `[*]` and variables, else with its members.
    fn filter(
        &self,
        scope: &Scope<'a, '_>,
        clauses: &'a Clauses,
        rest: &'a [Part],
        (last, part): (Option<&'a Part>, &'a Part),
        current: Found<'a>,
        results: &mut Results<'a>,
    ) -> Result<(), Failure> {
        let is_of_itself = matches!(
            last,
            None | Some(Part::This | Part::AllIndices | Part::AllValues | Part::Variable(_) | Part::Filter(_))
        );
        let candidates = match (current.list(), current.members()) {
            (Some(list), _) => list,
            (None, Some(members)) if !is_of_itself => members.values().map(Found::Json).collect(),
            (None, Some(_)) => vec![current],
            (None, None) if is_of_itself => vec![current],
            (None, None) => return self.ended(results),
        };
        for value in candidates {
            let inner = scope.of_value(value);
            if self.clauses(&inner, clauses)? == Status::Pass {
                self.follow(scope, rest, Some(part), value, results)?;
            }
        }
        Ok(())
    }

    fn is_key(&self, key: &'a str, operator: Operator, with: Found<'a>) -> Result<bool, Failure> {
        self.step(1 + key.len() / 64)?;
        let one = |with: Found<'a>| equals(Found::Text(key), with).unwrap_or(false);
        Ok(match with.list() {
            Some(list) => list.into_iter().any(one),
            None if operator == Operator::In => with.text().map_or_else(|| one(with), |with| with.contains(key)),
            None => one(with),
        })
    }
}

/// The member of a name; where there is none, the one whose name begins in the other case: templates and items write
/// the same names differently.
fn member<'a>(members: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).or_else(|| {
        let first = name.chars().next()?;
        let other = match first.is_lowercase() {
            true => first.to_ascii_uppercase(),
            false => first.to_ascii_lowercase(),
        };
        members.get(&format!("{other}{}", &name[first.len_utf8()..]))
    })
}
