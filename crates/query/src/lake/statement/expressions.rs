//! Expressions, form by form.

use datafusion::sql::sqlparser::ast::{
    AccessExpr, Array, BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DateTimeField, Expr, ExtractSyntax, Function,
    FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, Interval, ObjectName, Query,
    Subscript, TimezoneInfo, TrimWhereField, TypedString, UnaryOperator, Value, ValueWithSpan,
};
use datafusion::sql::sqlparser::ast::{ArrayElemTypeDef, DataType};

use super::{Rewriter, lower, quoted, refused, told};
use crate::lake::functions::cast::{self, Target};
use crate::lake::functions::instant;

impl Rewriter {
    /// Rewrites an expression where it stands.
    pub(super) fn within(&mut self, expression: &mut Expr) -> Result<(), String> {
        *expression = self.expression(taken(expression))?;
        Ok(())
    }

    pub(super) fn boxed(&mut self, expression: Box<Expr>) -> Result<Box<Expr>, String> {
        Ok(Box::new(self.expression(*expression)?))
    }

    pub(super) fn expression(&mut self, expression: Expr) -> Result<Expr, String> {
        Ok(match expression {
            Expr::Identifier(name) => self.column(vec![name]),
            Expr::CompoundIdentifier(path) => self.column(path),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(*root, access_chain)?,
            Expr::IsFalse(of) => Expr::IsFalse(self.boxed(of)?),
            Expr::IsNotFalse(of) => Expr::IsNotFalse(self.boxed(of)?),
            Expr::IsTrue(of) => Expr::IsTrue(self.boxed(of)?),
            Expr::IsNotTrue(of) => Expr::IsNotTrue(self.boxed(of)?),
            Expr::IsNull(of) => Expr::IsNull(self.boxed(of)?),
            Expr::IsNotNull(of) => Expr::IsNotNull(self.boxed(of)?),
            Expr::IsDistinctFrom(left, right) => Expr::IsDistinctFrom(self.boxed(left)?, self.boxed(right)?),
            Expr::IsNotDistinctFrom(left, right) => Expr::IsNotDistinctFrom(self.boxed(left)?, self.boxed(right)?),
            Expr::InList { expr, list, negated } => {
                Expr::InList { expr: self.boxed(expr)?, list: self.all(list)?, negated }
            }
            Expr::InSubquery { expr, subquery, negated } => {
                Expr::InSubquery { expr: self.boxed(expr)?, subquery: self.inner(subquery)?, negated }
            }
            Expr::Exists { subquery, negated } => Expr::Exists { subquery: self.inner(subquery)?, negated },
            Expr::Subquery(subquery) => Expr::Subquery(self.inner(subquery)?),
            Expr::Between { expr, negated, low, high } => {
                Expr::Between { expr: self.boxed(expr)?, negated, low: self.boxed(low)?, high: self.boxed(high)? }
            }
            Expr::BinaryOp { left, op, right } if is_known(&op) => {
                Expr::BinaryOp { left: self.boxed(left)?, op, right: self.boxed(right)? }
            }
            Expr::UnaryOp { op: op @ (UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not), expr } => {
                Expr::UnaryOp { op, expr: self.boxed(expr)? }
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                let pattern = self.like(*pattern, escape_char)?;
                Expr::Like {
                    negated,
                    any: false,
                    expr: self.boxed(expr)?,
                    pattern: Box::new(pattern),
                    escape_char: None,
                }
            }
            Expr::Nested(of) => Expr::Nested(self.boxed(of)?),
            Expr::Case { case_token, end_token, operand, conditions, else_result } => {
                let operand = operand.map(|of| self.boxed(of)).transpose()?;
                let conditions = conditions.into_iter().map(|CaseWhen { condition, result }| {
                    let condition = self.expression(condition)?;
                    Ok::<_, String>(CaseWhen { condition, result: self.expression(result)? })
                });
                let conditions = conditions.collect::<Result<_, _>>()?;
                let else_result = else_result.map(|of| self.boxed(of)).transpose()?;
                Expr::Case { case_token, end_token, operand, conditions, else_result }
            }
            Expr::Cast { kind, expr, data_type, array: false, format: None } => self.cast(kind, *expr, &data_type)?,
            Expr::Extract { field, syntax: ExtractSyntax::From, expr } => {
                let part = extracted(&field).ok_or_else(|| refused(format!("EXTRACT({field} …)")))?;
                let expr = self.expression(*expr)?;
                call(part, vec![expr])
            }
            Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                self.scalar("floor", vec![*expr])?
            }
            Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                self.scalar("ceiling", vec![*expr])?
            }
            Expr::Position { expr, r#in } => self.scalar("strpos", vec![*r#in, *expr])?,
            Expr::Substring { expr, substring_from: Some(from), substring_for, .. } => {
                let rest = substring_for.map(|length| *length);
                self.scalar("substr", [*expr, *from].into_iter().chain(rest).collect())?
            }
            Expr::Trim { trim_where, trim_what: None, expr, trim_characters: None } => {
                let name = match trim_where {
                    None | Some(TrimWhereField::Both) => "trim",
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                };
                self.scalar(name, vec![*expr])?
            }
            Expr::Value(value) => Expr::Value(literal(value)?),
            Expr::TypedString(typed) => typed_text(&typed)?,
            Expr::Interval(interval) => Expr::Interval(known_interval(interval)?),
            Expr::Array(Array { elem, .. }) => Expr::Array(Array { elem: self.all(elem)?, named: true }),
            Expr::Function(function) => self.function(function)?,
            other => return Err(refused(told(&other))),
        })
    }

    pub(super) fn all(&mut self, expressions: Vec<Expr>) -> Result<Vec<Expr>, String> {
        expressions.into_iter().map(|expression| self.expression(expression)).collect()
    }

    fn inner(&mut self, mut query: Box<Query>) -> Result<Box<Query>, String> {
        self.query(&mut query)?;
        Ok(query)
    }

    /// A column, or a member of one; or of a lambda's parameter, which DataFusion takes alone only.
    fn column(&mut self, path: Vec<Ident>) -> Expr {
        let path: Vec<Ident> = path.into_iter().map(lower).collect();
        let names: Vec<String> = path.iter().map(|part| part.value.clone()).collect();
        let is_parameter = self.parameters.iter().flatten().any(|parameter| *parameter == names[0]);
        if is_parameter {
            let mut members = path.into_iter();
            let parameter = Expr::Identifier(members.next().expect("a path has a part"));
            return members.fold(parameter, member);
        }
        self.uses.note(&names);
        match <[Ident; 1]>::try_from(path) {
            Ok([name]) => Expr::Identifier(name),
            Err(path) => Expr::CompoundIdentifier(path),
        }
    }

    /// Members and elements of an expression. Leading names of members belong to the column's.
    fn access(&mut self, root: Expr, chain: Vec<AccessExpr>) -> Result<Expr, String> {
        let mut chain = chain.into_iter().peekable();
        let mut path = match root {
            Expr::Identifier(name) => vec![name],
            Expr::CompoundIdentifier(path) => path,
            root => {
                let root = self.expression(root)?;
                return self.chained(root, chain);
            }
        };
        while let Some(AccessExpr::Dot(Expr::Identifier(_))) = chain.peek() {
            if let Some(AccessExpr::Dot(Expr::Identifier(name))) = chain.next() {
                path.push(name);
            }
        }
        let root = self.column(path);
        self.chained(root, chain)
    }

    fn chained(&mut self, root: Expr, chain: impl Iterator<Item = AccessExpr>) -> Result<Expr, String> {
        let mut reached = root;
        for step in chain {
            reached = match step {
                AccessExpr::Dot(Expr::Identifier(name)) => member(reached, lower(name)),
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    let index = self.expression(index)?;
                    call("trino_subscript", vec![reached, index])
                }
                other => return Err(refused(told(&other))),
            };
        }
        Ok(reached)
    }

    /// A pattern of LIKE. In Trino nothing escapes unless ESCAPE says so; here a backslash always does.
    fn like(&mut self, pattern: Expr, escape: Option<ValueWithSpan>) -> Result<Expr, String> {
        let escape = match escape.map(|escape| escape.value) {
            None => None,
            Some(Value::SingleQuotedString(text)) => match <[char; 1]>::try_from(text.chars().collect::<Vec<_>>()) {
                Ok([escape]) => Some(escape),
                Err(_) => return Err("Escape string must be a single character.".to_owned()),
            },
            Some(other) => return Err(refused(format!("ESCAPE {other}"))),
        };
        match &pattern {
            Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => {
                like_pattern(text, escape).map(text_literal)
            }
            _ if escape.is_some() => Err(refused("ESCAPE with a pattern that is no text")),
            _ => {
                let pattern = self.expression(pattern)?;
                Ok(call("trino_replace", vec![pattern, text_literal("\\".to_owned()), text_literal("\\\\".to_owned())]))
            }
        }
    }

    fn cast(&mut self, kind: CastKind, of: Expr, to: &DataType) -> Result<Expr, String> {
        let target = target(to).ok_or_else(|| refused(format!("CAST(… AS {to})")))?;
        let name = match kind {
            CastKind::Cast => cast::name(target),
            CastKind::TryCast => cast::try_name(target),
            CastKind::SafeCast | CastKind::DoubleColon => return Err(refused("This way of writing a cast")),
        };
        let of = self.expression(of)?;
        Ok(call(name, vec![of]))
    }
}

/// An expression taken out of its place.
pub(super) fn taken(expression: &mut Expr) -> Expr {
    std::mem::replace(expression, Expr::value(Value::Null))
}

/// A call of a function that the session knows under this name.
pub(super) fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let args = arguments.into_iter().map(|of| FunctionArg::Unnamed(FunctionArgExpr::Expr(of))).collect();
    let list = FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() };
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(list),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

pub(super) fn text_literal(text: String) -> Expr {
    Expr::value(Value::SingleQuotedString(text))
}

pub(super) fn number_literal(number: i64) -> Expr {
    Expr::value(Value::Number(number.to_string(), false))
}

fn member(of: Expr, name: Ident) -> Expr {
    call("get_field", vec![of, text_literal(name.value)])
}

fn is_known(operator: &BinaryOperator) -> bool {
    matches!(
        operator,
        BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::StringConcat
            | BinaryOperator::Gt
            | BinaryOperator::Lt
            | BinaryOperator::GtEq
            | BinaryOperator::LtEq
            | BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::And
            | BinaryOperator::Or
    )
}

fn literal(value: ValueWithSpan) -> Result<ValueWithSpan, String> {
    match &value.value {
        Value::Number(digits, false) => {
            let is_whole = !digits.contains(['.', 'e', 'E']);
            match is_whole && digits.parse::<i64>().is_err() {
                true => Err(format!("Invalid numeric literal: {digits}")),
                false => Ok(value),
            }
        }
        Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null => Ok(value),
        Value::Placeholder(_) => Err("Parameters (?) are not supported in a statement.".to_owned()),
        other => Err(refused(told(other))),
    }
}

/// `TIMESTAMP '…'` and `DATE '…'`.
fn typed_text(typed: &TypedString) -> Result<Expr, String> {
    let Value::SingleQuotedString(text) = &typed.value.value else { return Err(refused(told(typed))) };
    let target = match typed.data_type {
        DataType::Timestamp(None, TimezoneInfo::None) => match instant::parse(text) {
            Some(instant::Parsed { zoned: false, .. }) => Target::Timestamp,
            Some(instant::Parsed { zoned: true, .. }) => Target::ZonedTimestamp,
            None => return Err(format!("'{text}' is not a valid timestamp literal.")),
        },
        DataType::Date => match instant::parse_date(text) {
            Some(_) => Target::Date,
            None => return Err(format!("'{text}' is not a valid date literal.")),
        },
        _ => return Err(refused(told(typed))),
    };
    Ok(call(cast::name(target), vec![text_literal(text.clone())]))
}

/// `INTERVAL '2' DAY`: a count of one unit.
fn known_interval(interval: Interval) -> Result<Interval, String> {
    let is_count = match &*interval.value {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => text.parse::<u32>().is_ok(),
        _ => false,
    };
    let unit = matches!(
        interval.leading_field,
        Some(
            DateTimeField::Second
                | DateTimeField::Minute
                | DateTimeField::Hour
                | DateTimeField::Day
                | DateTimeField::Month
                | DateTimeField::Year
        )
    );
    let plain = interval.leading_precision.is_none()
        && interval.last_field.is_none()
        && interval.fractional_seconds_precision.is_none();
    match is_count && unit && plain {
        true => Ok(interval),
        false => Err(refused(told(&interval))),
    }
}

fn extracted(field: &DateTimeField) -> Option<&'static str> {
    Some(match field {
        DateTimeField::Year => "trino_year",
        DateTimeField::Quarter => "trino_quarter",
        DateTimeField::Month => "trino_month",
        DateTimeField::Week(None) => "trino_week",
        DateTimeField::Day => "trino_day",
        DateTimeField::Hour => "trino_hour",
        DateTimeField::Minute => "trino_minute",
        DateTimeField::Second => "trino_second",
        _ => return None,
    })
}

fn target(to: &DataType) -> Option<Target> {
    let of_json = |element: &DataType| match element {
        DataType::JSON => Some(Target::JsonArray),
        DataType::Varchar(None) => Some(Target::TextArray),
        _ => None,
    };
    Some(match to {
        DataType::Varchar(None) => Target::Text,
        DataType::BigInt(None) => Target::Bigint,
        DataType::Int(None) | DataType::Integer(None) => Target::Integer,
        DataType::Double(_) | DataType::DoublePrecision => Target::Double,
        DataType::Boolean => Target::Boolean,
        DataType::Date => Target::Date,
        DataType::Timestamp(None | Some(3), TimezoneInfo::None) => Target::Timestamp,
        DataType::JSON => Target::Json,
        DataType::Array(ArrayElemTypeDef::AngleBracket(element)) => of_json(element)?,
        DataType::Map(key, value) if **key == DataType::Varchar(None) => match **value {
            DataType::JSON => Target::JsonMap,
            DataType::Varchar(None) => Target::TextMap,
            _ => return None,
        },
        _ => return None,
    })
}

/// The pattern with a backslash before what is escaped, and before backslashes.
fn like_pattern(text: &str, escape: Option<char>) -> Result<String, String> {
    let mut pattern = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if Some(c) != escape {
            if c == '\\' {
                pattern.push('\\');
            }
            pattern.push(c);
            continue;
        }
        match chars.next() {
            Some(escaped @ ('%' | '_')) => pattern.extend(['\\', escaped]),
            Some(escaped) if Some(escaped) == escape => {
                if escaped == '\\' {
                    pattern.push('\\');
                }
                pattern.push(escaped);
            }
            _ => return Err("Escape character must be followed by '%', '_' or the escape character itself.".to_owned()),
        }
    }
    Ok(pattern)
}

/// An unescaped name for a function's argument.
pub(super) fn parameter(name: &Ident) -> Ident {
    quoted(name.value.to_lowercase())
}
