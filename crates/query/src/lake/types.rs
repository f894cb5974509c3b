//! What is compared and reckoned with what: where Trino sees two types that do not go together, DataFusion often finds
//! a third that both can be turned into. Such statements are refused. A text that is compared with a moment, and one
//! that is compared with a truth value, are taken as Lake takes them.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue, plan_err};
use datafusion::logical_expr::expr::{AggregateFunction, InList};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Between, BinaryExpr, Case, Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::functions::instant;
use super::functions::row::told;

/// Types that go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Text,
    Json,
    Number,
    Truth,
    Moment,
    Interval,
    Other,
    /// Null goes with all.
    Any,
}

fn class(kind: &DataType) -> Class {
    match kind {
        DataType::Null => Class::Any,
        DataType::Utf8 | DataType::Utf8View => Class::Text,
        DataType::LargeUtf8 => Class::Json,
        DataType::Boolean => Class::Truth,
        DataType::Date32 | DataType::Timestamp(..) => Class::Moment,
        DataType::Interval(_) => Class::Interval,
        kind if kind.is_numeric() => Class::Number,
        _ => Class::Other,
    }
}

/// Looks at the two sides of operators before DataFusion finds a type that both can be turned into, or none.
#[derive(Debug)]
pub struct Operands;

impl ExprPlanner for Operands {
    fn plan_binary_op(&self, expression: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let RawBinaryExpr { op, mut left, mut right } = expression;
        let known = match op {
            BinaryOperator::Eq => Some(Operator::Eq),
            BinaryOperator::NotEq => Some(Operator::NotEq),
            BinaryOperator::Lt => Some(Operator::Lt),
            BinaryOperator::LtEq => Some(Operator::LtEq),
            BinaryOperator::Gt => Some(Operator::Gt),
            BinaryOperator::GtEq => Some(Operator::GtEq),
            BinaryOperator::Plus => Some(Operator::Plus),
            BinaryOperator::Minus => Some(Operator::Minus),
            BinaryOperator::Multiply => Some(Operator::Multiply),
            BinaryOperator::Divide => Some(Operator::Divide),
            BinaryOperator::Modulo => Some(Operator::Modulo),
            _ => None,
        };
        match known {
            Some(operator) if compares(operator) => {
                compared(&left, &mut right, operator, schema)?;
                compared(&right, &mut left, operator, schema)?;
            }
            Some(operator) => reckoned(&left, &right, operator, schema)?,
            None => {}
        }
        Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }))
    }
}

/// The plan with texts that are compared with moments turned into moments.
///
/// # Errors
/// Two types do not go together.
pub fn checked(plan: LogicalPlan) -> Result<LogicalPlan> {
    let checked = plan.transform_up_with_subqueries(|node| {
        let mut schema = merge_schema(&node.inputs());
        if let LogicalPlan::TableScan(scan) = &node {
            schema.merge(scan.projected_schema.as_ref());
        }
        let names = NamePreserver::new(&node);
        node.map_expressions(|expression| {
            let saved = names.save(&expression);
            let checked = expression.transform_up(|inner| rewritten(inner, &schema))?;
            Ok(checked.update_data(|made| saved.restore(made)))
        })?
        .map_data(LogicalPlan::recompute_schema)
    })?;
    Ok(checked.data)
}

fn rewritten(expression: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match expression {
        Expr::BinaryExpr(BinaryExpr { mut left, op, mut right }) => {
            let changed = match op {
                _ if compares(op) => {
                    let from_left = compared(&left, &mut right, op, schema)?;
                    from_left | compared(&right, &mut left, op, schema)?
                }
                Operator::StringConcat => joined(&left, &right, schema).map(|()| false)?,
                Operator::Plus | Operator::Minus | Operator::Multiply | Operator::Divide | Operator::Modulo => {
                    reckoned(&left, &right, op, schema).map(|()| false)?
                }
                _ => false,
            };
            let made = Expr::BinaryExpr(BinaryExpr { left, op, right });
            Ok(if changed { Transformed::yes(made) } else { Transformed::no(made) })
        }
        Expr::Between(Between { expr, negated, mut low, mut high }) => {
            let mut expr = expr;
            let mut changed = false;
            for (bound, op) in [(&mut low, Operator::GtEq), (&mut high, Operator::LtEq)] {
                changed |= compared(&expr, bound, op, schema)?;
                changed |= compared(bound, &mut expr, op, schema)?;
            }
            let made = Expr::Between(Between { expr, negated, low, high });
            Ok(if changed { Transformed::yes(made) } else { Transformed::no(made) })
        }
        Expr::InList(InList { expr, mut list, negated }) => {
            let mut expr = expr;
            let mut changed = false;
            for item in &mut list {
                changed |= compared(&expr, item, Operator::Eq, schema)?;
                changed |= compared(item, &mut expr, Operator::Eq, schema)?;
            }
            let made = Expr::InList(InList { expr, list, negated });
            Ok(if changed { Transformed::yes(made) } else { Transformed::no(made) })
        }
        Expr::Like(like) => {
            let kinds = (like.expr.get_type(schema)?, like.pattern.get_type(schema)?);
            match (class(&kinds.0), class(&kinds.1)) {
                (Class::Text | Class::Any, Class::Text | Class::Any) => Ok(Transformed::no(Expr::Like(like))),
                _ => plan_err!("Left side of LIKE expression must evaluate to a varchar (actual: {})", told(&kinds.0)),
            }
        }
        Expr::Case(case) => {
            results(&case, schema)?;
            Ok(Transformed::no(Expr::Case(case)))
        }
        Expr::AggregateFunction(of) => {
            numbers(&of, schema)?;
            Ok(Transformed::no(Expr::AggregateFunction(of)))
        }
        other => Ok(Transformed::no(other)),
    }
}

fn compares(op: Operator) -> bool {
    matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom
    )
}

/// Whether two sides can be compared; a literal text is turned into what the other side is. Tells whether it was.
fn compared(of: &Expr, with: &mut Expr, op: Operator, schema: &DFSchema) -> Result<bool> {
    // What is a parameter of a lambda has no type outside of it.
    let (Ok(of), Ok(given)) = (of.get_type(schema), with.get_type(schema)) else { return Ok(false) };
    let literal = match with {
        Expr::Literal(value, _) => value.try_as_str().flatten().map(str::to_owned),
        _ => None,
    };
    match (class(&of), class(&given), literal) {
        (left, right, _) if left == right && left != Class::Other => Ok(false),
        (Class::Other, Class::Other, _) if of == given => Ok(false),
        (Class::Any, _, _) | (_, Class::Any, _) => Ok(false),
        (Class::Moment, Class::Text, Some(text)) => {
            let Some(parsed) = instant::parse(&text) else {
                return plan_err!("Value cannot be cast to timestamp: {text}");
            };
            *with = Expr::Literal(ScalarValue::TimestampMillisecond(Some(parsed.millis), None), None);
            Ok(true)
        }
        (Class::Truth, Class::Text, Some(text)) => match text.to_ascii_lowercase().parse() {
            Ok(value) => {
                *with = Expr::Literal(ScalarValue::Boolean(Some(value)), None);
                Ok(true)
            }
            Err(_) => plan_err!("Cannot cast '{text}' to boolean"),
        },
        // The same two, seen from the other side.
        (Class::Text, Class::Moment | Class::Truth, _) => Ok(false),
        _ => plan_err!("Cannot apply operator: {} {op} {}", told(&of), told(&given)),
    }
}

fn joined(left: &Expr, right: &Expr, schema: &DFSchema) -> Result<()> {
    let (left, right) = (left.get_type(schema)?, right.get_type(schema)?);
    match (class(&left), class(&right)) {
        (Class::Text | Class::Any, Class::Text | Class::Any) => Ok(()),
        (Class::Other, Class::Other) if left == right => Ok(()),
        _ => plan_err!("Unexpected parameters ({}, {}) for function concat", told(&left), told(&right)),
    }
}

fn reckoned(left: &Expr, right: &Expr, op: Operator, schema: &DFSchema) -> Result<()> {
    let (left, right) = (left.get_type(schema)?, right.get_type(schema)?);
    match (class(&left), class(&right), op) {
        (Class::Number | Class::Any, Class::Number | Class::Any, _)
        | (Class::Moment, Class::Interval, Operator::Plus | Operator::Minus)
        | (Class::Interval, Class::Moment, Operator::Plus) => Ok(()),
        _ => plan_err!("Cannot apply operator: {} {op} {}", told(&left), told(&right)),
    }
}

/// The results of CASE must be of one type.
fn results(case: &Case, schema: &DFSchema) -> Result<()> {
    let results = case.when_then_expr.iter().map(|(_, then)| then).chain(&case.else_expr);
    let mut seen: Option<DataType> = None;
    for result in results {
        let Ok(kind) = result.get_type(schema) else { return Ok(()) };
        match (&seen, class(&kind)) {
            (_, Class::Any) => {}
            (None, _) => seen = Some(kind),
            (Some(first), of) if class(first) == of => {}
            (Some(first), _) => {
                return plan_err!("All CASE results must be the same type: {}, {}", told(first), told(&kind));
            }
        }
    }
    Ok(())
}

/// Sums and the like are of numbers.
fn numbers(of: &AggregateFunction, schema: &DFSchema) -> Result<()> {
    let name = of.func.name();
    if !matches!(name, "sum" | "avg" | "stddev" | "stddev_pop" | "var_pop" | "var_samp" | "var") {
        return Ok(());
    }
    let Some(argument) = of.params.args.first() else { return Ok(()) };
    let kind = argument.get_type(schema)?;
    match class(&kind) {
        Class::Number | Class::Any => Ok(()),
        _ => plan_err!("Unexpected parameters ({}) for function {name}", told(&kind)),
    }
}
