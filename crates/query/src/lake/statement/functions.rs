//! Functions: which there are, and what they are called here.

use datafusion::sql::sqlparser::ast::{BinaryOperator, Ident};
use datafusion::sql::sqlparser::ast::{
    CaseWhen, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, LambdaFunction, LambdaSyntax, NullTreatment, ObjectName, ObjectNamePart, OneOrManyWithParens,
    OrderByExpr, OrderByOptions, UnaryOperator, Value, WindowFrameBound, WindowSpec, WindowType,
};

use super::expressions::{call, number_literal, parameter};
use super::{Rewriter, refused, told};
use crate::lake::functions;

/// A call that is none of an aggregate's, a window's or of other particular form.
struct Plain {
    name: String,
    arguments: Vec<Expr>,
}

/// Aggregates that are the same under another or the same name, with how many arguments they take.
const AGGREGATES: [(&str, &str, usize); 20] = [
    ("any_value", "any_value", 1),
    ("approx_distinct", "approx_distinct", 1),
    ("arbitrary", "any_value", 1),
    ("array_agg", "array_agg", 1),
    ("avg", "avg", 1),
    ("bool_and", "bool_and", 1),
    ("bool_or", "bool_or", 1),
    ("count", "count", 1),
    ("count_if", "count_if", 1),
    ("every", "bool_and", 1),
    ("max", "max", 1),
    ("max_by", "max_by", 2),
    ("min", "min", 1),
    ("min_by", "min_by", 2),
    ("stddev", "stddev", 1),
    ("stddev_pop", "stddev_pop", 1),
    ("stddev_samp", "stddev", 1),
    ("sum", "sum", 1),
    ("var_pop", "var_pop", 1),
    ("variance", "var_samp", 1),
];

/// Functions of windows alone, with how few and how many arguments they take.
const WINDOWS: [(&str, usize, usize); 11] = [
    ("cume_dist", 0, 0),
    ("dense_rank", 0, 0),
    ("first_value", 1, 1),
    ("lag", 1, 3),
    ("last_value", 1, 1),
    ("lead", 1, 3),
    ("nth_value", 2, 2),
    ("ntile", 1, 1),
    ("percent_rank", 0, 0),
    ("rank", 0, 0),
    ("row_number", 0, 0),
];

impl Rewriter {
    /// A call, as the statement has it.
    pub(super) fn function(&mut self, function: Function) -> Result<Expr, String> {
        let name = match function.name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] => name.value.to_lowercase(),
            _ => return Err(refused(told(&function.name))),
        };
        if function.uses_odbc_syntax || function.parameters != FunctionArguments::None {
            return Err(refused(told(&function)));
        }
        if let Some((_, own, arguments)) = AGGREGATES.iter().find(|(known, ..)| *known == name) {
            return self.aggregate(function, own, *arguments);
        }
        if let Some((_, least, most)) = WINDOWS.iter().find(|(known, ..)| *known == name) {
            return self.windowed(function, &name, *least, *most);
        }
        let plain = plain(name, function)?;
        match plain.name.as_str() {
            "any_match" | "all_match" | "none_match" | "filter" | "transform" => self.lambda(plain),
            "now" | "current_timestamp" | "localtimestamp" | "current_date" => self.clock(&plain),
            _ => self.scalar(&plain.name, plain.arguments),
        }
    }

    /// A call of a function of values.
    pub(super) fn scalar(&mut self, name: &str, arguments: Vec<Expr>) -> Result<Expr, String> {
        let texts: Vec<_> = arguments.iter().map(text_of).collect();
        functions::check(name, &texts)?;
        let arguments = self.all(arguments)?;
        let count = arguments.len();
        let of_count = |least: usize, most: usize| match (least..=most).contains(&count) {
            true => Ok(()),
            false => Err(unexpected(name, count)),
        };
        Ok(match name {
            "if" => {
                of_count(2, 3)?;
                let mut arguments = arguments.into_iter();
                let (condition, result) = (arguments.next(), arguments.next());
                case(vec![(condition, result)], arguments.next())
            }
            "coalesce" => {
                of_count(2, usize::MAX)?;
                call("coalesce", arguments)
            }
            "nullif" => {
                of_count(2, 2)?;
                call("nullif", arguments)
            }
            // What is null makes all null, which DataFusion passes over.
            "greatest" | "least" => {
                of_count(2, usize::MAX)?;
                let nulls = arguments.iter().map(|of| Expr::IsNull(Box::new(Expr::Nested(Box::new(of.clone())))));
                let any = nulls.reduce(|left, right| binary(left, BinaryOperator::Or, right));
                case(vec![(any, Some(Expr::value(Value::Null)))], Some(call(name, arguments)))
            }
            "concat" => {
                of_count(2, usize::MAX)?;
                let bracketed = arguments.into_iter().map(|of| Expr::Nested(Box::new(of)));
                let joined = bracketed.reduce(|left, right| binary(left, BinaryOperator::StringConcat, right));
                Expr::Nested(Box::new(joined.expect("there are two at least")))
            }
            name => {
                let Some((own, least, most)) = functions::scalar(name) else {
                    return Err(format!("Function '{name}' is not supported."));
                };
                of_count(least, most)?;
                call(own, arguments)
            }
        })
    }

    /// What the time is, by the server's clock.
    fn clock(&mut self, plain: &Plain) -> Result<Expr, String> {
        if !plain.arguments.is_empty() {
            return Err(unexpected(&plain.name, plain.arguments.len()));
        }
        let own = match plain.name.as_str() {
            "localtimestamp" => "trino_at",
            "current_date" => "trino_on",
            _ => "trino_at_utc",
        };
        Ok(call(own, vec![number_literal(self.now.millis())]))
    }

    fn lambda(&mut self, plain: Plain) -> Result<Expr, String> {
        let Ok([list, lambda]) = <[Expr; 2]>::try_from(plain.arguments) else {
            return Err(refused(format!("{} without a list and a function", plain.name)));
        };
        let Expr::Lambda(LambdaFunction { params, body, syntax: LambdaSyntax::Arrow }) = lambda else {
            return Err(refused(format!("{} without a function", plain.name)));
        };
        let list = self.expression(list)?;
        let params: Vec<_> = params.into_iter().collect();
        let [param] = params.as_slice() else {
            return Err(refused(format!("A function of several parameters in {}", plain.name)));
        };
        self.parameters.push(vec![param.name.value.to_lowercase()]);
        let body = self.expression(*body);
        self.parameters.pop();
        let mut body = body?;
        let mut name = parameter(&param.name);
        // The planner knows parameters by their names as they are.
        name.quote_style = Some('"');
        let (own, negates) = match plain.name.as_str() {
            "filter" => ("array_filter", false),
            "transform" => ("array_transform", false),
            "any_match" => ("array_any_match", false),
            "none_match" => ("array_any_match", true),
            _ => {
                body = not(body);
                ("array_any_match", true)
            }
        };
        let mut param = param.clone();
        param.name = name;
        let params = OneOrManyWithParens::One(param);
        let lambda = Expr::Lambda(LambdaFunction { params, body: Box::new(body), syntax: LambdaSyntax::Arrow });
        let matched = call(own, vec![list, lambda]);
        Ok(if negates { not(matched) } else { matched })
    }

    fn aggregate(&mut self, mut function: Function, own: &str, arguments: usize) -> Result<Expr, String> {
        let shown = told(&function);
        if function.null_treatment.is_some() || !function.within_group.is_empty() {
            return Err(refused(shown));
        }
        let FunctionArguments::List(list) = &mut function.args else { return Err(refused(shown)) };
        let is_star = matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]);
        if is_star && own == "count" && list.duplicate_treatment.is_none() && list.clauses.is_empty() {
            return self.counted(function, own);
        }
        if list.args.is_empty() && own == "count" {
            list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
            return self.counted(function, own);
        }
        if list.args.len() != arguments {
            return Err(unexpected(&function.name.to_string(), list.args.len()));
        }
        let mut values = Vec::with_capacity(arguments);
        for argument in &mut list.args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) = argument else { return Err(refused(shown)) };
            self.within(value)?;
            values.push(value.clone());
        }
        for clause in &mut list.clauses {
            match clause {
                FunctionArgumentClause::OrderBy(by) if own == "array_agg" => self.sort(by)?,
                _ => return Err(refused(shown)),
            }
        }
        let distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
        match own {
            "count_if" => {
                let condition = values.remove(0);
                *list = star();
                self.rest(&mut function, &shown)?;
                function.filter = Some(Box::new(both(function.filter.take(), condition)));
                function.name = own_name("count");
                Ok(Expr::Function(function))
            }
            "max_by" | "min_by" => {
                if distinct || function.over.is_some() {
                    return Err(refused(shown));
                }
                let by = values.pop().expect("there are two");
                list.args.pop();
                let options = OrderByOptions { asc: Some(own == "min_by"), nulls_first: Some(false) };
                let order = OrderByExpr { expr: by.clone(), options, with_fill: None };
                list.clauses = vec![FunctionArgumentClause::OrderBy(vec![order])];
                self.rest(&mut function, &shown)?;
                // What it goes by is not null in any row that counts.
                let counts = Expr::IsNotNull(Box::new(Expr::Nested(Box::new(by))));
                function.filter = Some(Box::new(both(function.filter.take(), counts)));
                function.name = own_name("first_value");
                Ok(Expr::Function(function))
            }
            own => self.counted(function, own),
        }
    }

    /// An aggregate whose arguments are as they are to be.
    fn counted(&mut self, mut function: Function, own: &str) -> Result<Expr, String> {
        let shown = told(&function);
        self.rest(&mut function, &shown)?;
        function.name = own_name(own);
        Ok(Expr::Function(function))
    }

    /// FILTER and OVER.
    fn rest(&mut self, function: &mut Function, shown: &str) -> Result<(), String> {
        if let Some(filter) = &mut function.filter {
            self.within(filter)?;
        }
        match &mut function.over {
            None => Ok(()),
            Some(WindowType::WindowSpec(window)) => self.window(window, shown),
            Some(WindowType::NamedWindow(_)) => Err(refused(shown)),
        }
    }

    fn windowed(&mut self, mut function: Function, name: &str, least: usize, most: usize) -> Result<Expr, String> {
        let shown = told(&function);
        let treats_nulls = matches!(name, "first_value" | "last_value" | "nth_value" | "lag" | "lead");
        let treated = matches!(function.null_treatment, None | Some(NullTreatment::RespectNulls));
        if function.over.is_none() || function.filter.is_some() || !function.within_group.is_empty() {
            return Err(refused(shown));
        }
        if !treated && !treats_nulls {
            return Err(refused(shown));
        }
        let FunctionArguments::List(list) = &mut function.args else { return Err(refused(shown)) };
        if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
            return Err(refused(shown));
        }
        if !(least..=most).contains(&list.args.len()) {
            return Err(unexpected(name, list.args.len()));
        }
        for argument in &mut list.args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) = argument else { return Err(refused(shown)) };
            self.within(value)?;
        }
        self.rest(&mut function, &shown)?;
        function.name = own_name(name);
        Ok(Expr::Function(function))
    }

    fn window(&mut self, window: &mut WindowSpec, shown: &str) -> Result<(), String> {
        if window.window_name.is_some() {
            return Err(refused(shown));
        }
        window.partition_by.iter_mut().try_for_each(|by| self.within(by))?;
        self.sort(&mut window.order_by)?;
        let Some(frame) = &mut window.window_frame else { return Ok(()) };
        for bound in [Some(&mut frame.start_bound), frame.end_bound.as_mut()].into_iter().flatten() {
            match bound {
                WindowFrameBound::Preceding(Some(by)) | WindowFrameBound::Following(Some(by)) => self.within(by)?,
                WindowFrameBound::CurrentRow
                | WindowFrameBound::Preceding(None)
                | WindowFrameBound::Following(None) => {}
            }
        }
        Ok(())
    }
}

/// The arguments of a call that has nothing else.
fn plain(name: String, function: Function) -> Result<Plain, String> {
    let shown = told(&function);
    let bare = function.filter.is_none()
        && function.null_treatment.is_none()
        && function.over.is_none()
        && function.within_group.is_empty();
    let list = match function.args {
        FunctionArguments::None if bare => return Ok(Plain { name, arguments: Vec::new() }),
        FunctionArguments::List(list) if bare && list.duplicate_treatment.is_none() && list.clauses.is_empty() => list,
        _ => return Err(refused(shown)),
    };
    let arguments = list.args.into_iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Ok(value),
        _ => Err(refused(&shown)),
    });
    Ok(Plain { name, arguments: arguments.collect::<Result<_, _>>()? })
}

fn text_of(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn unexpected(name: &str, count: usize) -> String {
    format!("Unexpected number of parameters ({count}) for function {name}.")
}

fn own_name(name: &str) -> ObjectName {
    ObjectName::from(vec![Ident::new(name)])
}

fn star() -> datafusion::sql::sqlparser::ast::FunctionArgumentList {
    datafusion::sql::sqlparser::ast::FunctionArgumentList {
        duplicate_treatment: None,
        args: vec![FunctionArg::Unnamed(FunctionArgExpr::Wildcard)],
        clauses: Vec::new(),
    }
}

fn both(filter: Option<Box<Expr>>, condition: Expr) -> Expr {
    match filter {
        None => condition,
        Some(filter) => {
            let bracketed = |of| Expr::Nested(Box::new(of));
            binary(bracketed(*filter), BinaryOperator::And, bracketed(condition))
        }
    }
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn not(of: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(of))) }
}

fn case(conditions: Vec<(Option<Expr>, Option<Expr>)>, otherwise: Option<Expr>) -> Expr {
    use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
    let whens = conditions.into_iter().map(|(condition, result)| CaseWhen {
        condition: condition.expect("it was counted"),
        result: result.expect("it was counted"),
    });
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: whens.collect(),
        else_result: otherwise.map(Box::new),
    }
}
