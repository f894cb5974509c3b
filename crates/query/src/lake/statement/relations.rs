//! Queries, the tables that they read, and what their columns are called.

use std::collections::BTreeMap;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, Distinct, Expr, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, LimitClause, ObjectName,
    ObjectNamePart, OrderBy, OrderByExpr, OrderByKind, Query, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetQuantifier, TableAlias, TableFactor, TableWithJoins, Value,
    WildcardAdditionalOptions,
};
use lang::lake_statement::is_id;

use super::expressions::{number_literal, taken};
use super::{Rewriter, SAME_NAME, Shown, lower, quoted, refused, told};

impl Rewriter {
    /// A query; gives what its columns are called.
    pub(super) fn query(&mut self, query: &mut Query) -> Result<Vec<Shown>, String> {
        let plain = query.locks.is_empty()
            && query.for_clause.is_none()
            && query.settings.is_none()
            && query.format_clause.is_none()
            && query.pipe_operators.is_empty();
        if !plain {
            return Err(refused(told(query)));
        }
        if let Some(with) = &mut query.with {
            if with.recursive {
                return Err(refused("WITH RECURSIVE"));
            }
            for table in &mut with.cte_tables {
                if table.from.is_some() || table.materialized.is_some() {
                    return Err(refused(told(table)));
                }
                alias(&mut table.alias)?;
                self.query(&mut table.query)?;
            }
        }
        let shown = self.body(&mut query.body)?;
        if let Some(order) = &mut query.order_by {
            self.order_by(order)?;
        }
        if let Some(limit) = &query.limit_clause {
            check_limit(limit)?;
        }
        if let Some(fetch) = query.fetch.take() {
            let known = !fetch.with_ties && !fetch.percent && fetch.quantity.as_ref().is_none_or(is_count);
            match (&mut query.limit_clause, known) {
                (clause @ None, true) => *clause = Some(limited(fetch.quantity)),
                (Some(LimitClause::LimitOffset { limit: limit @ None, .. }), true) => {
                    *limit = Some(or_one(fetch.quantity))
                }
                _ => return Err(refused(told(&fetch))),
            }
        }
        Ok(shown)
    }

    fn body(&mut self, body: &mut SetExpr) -> Result<Vec<Shown>, String> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, set_quantifier, right, .. } => {
                if !matches!(set_quantifier, SetQuantifier::None | SetQuantifier::All | SetQuantifier::Distinct) {
                    return Err(refused(set_quantifier));
                }
                let shown = self.body(left)?;
                self.body(right)?;
                Ok(shown)
            }
            SetExpr::Values(_) => Err(refused("VALUES")),
            SetExpr::Table(_) => Err(refused("TABLE")),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err("Only SELECT statements are allowed.".to_owned())
            }
        }
    }

    fn order_by(&mut self, order: &mut OrderBy) -> Result<(), String> {
        match &mut order.kind {
            OrderByKind::Expressions(expressions) if order.interpolate.is_none() => self.sort(expressions),
            _ => Err(refused(told(order))),
        }
    }

    /// Expressions to sort by. What is null comes last in Trino, whichever way the rest is sorted.
    pub(super) fn sort(&mut self, expressions: &mut [OrderByExpr]) -> Result<(), String> {
        for by in expressions {
            if by.with_fill.is_some() {
                return Err(refused(told(by)));
            }
            by.options.nulls_first.get_or_insert(false);
            self.within(&mut by.expr)?;
        }
        Ok(())
    }

    fn select(&mut self, select: &mut Select) -> Result<Vec<Shown>, String> {
        let plain = select.optimizer_hints.is_empty()
            && select.select_modifiers.is_none()
            && select.top.is_none()
            && select.exclude.is_none()
            && select.into.is_none()
            && select.lateral_views.is_empty()
            && select.prewhere.is_none()
            && select.connect_by.is_empty()
            && select.cluster_by.is_empty()
            && select.distribute_by.is_empty()
            && select.sort_by.is_empty()
            && select.named_window.is_empty()
            && select.qualify.is_none()
            && select.value_table_mode.is_none()
            && select.flavor == SelectFlavor::Standard
            && !matches!(select.distinct, Some(Distinct::On(_)));
        if !plain {
            return Err(refused(told(select)));
        }
        self.from(&mut select.from)?;
        let shown = self.projection(&mut select.projection)?;
        for condition in [&mut select.selection, &mut select.having].into_iter().flatten() {
            self.within(condition)?;
        }
        match &mut select.group_by {
            GroupByExpr::Expressions(expressions, modifiers) if modifiers.is_empty() => {
                expressions.iter_mut().try_for_each(|by| self.grouped(by))?;
            }
            other => return Err(refused(told(other))),
        }
        Ok(shown)
    }

    fn grouped(&mut self, by: &mut Expr) -> Result<(), String> {
        match by {
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                sets.iter_mut().flatten().try_for_each(|by| self.within(by))
            }
            by => self.within(by),
        }
    }

    /// Gives every column the name that it has in Trino: the last part of a path, or none.
    fn projection(&mut self, items: &mut [SelectItem]) -> Result<Vec<Shown>, String> {
        let mut shown = Vec::with_capacity(items.len());
        for item in items.iter_mut() {
            match item {
                SelectItem::UnnamedExpr(expression) => {
                    shown.push(Shown::One(own_name(expression)));
                    self.within(expression)?;
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    shown.push(Shown::One(Some(alias.value.clone())));
                    self.within(expr)?;
                }
                SelectItem::Wildcard(options) => {
                    plain_wildcard(options)?;
                    self.takes_all = true;
                    shown.push(Shown::All);
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    plain_wildcard(options)?;
                    self.takes_all = true;
                    *name = ObjectName::from(vec![one_name(name)?]);
                    shown.push(Shown::All);
                }
                other => return Err(refused(told(other))),
            }
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for name in shown.iter().filter_map(name_of) {
            *counts.entry(name.to_lowercase()).or_default() += 1;
        }
        for (at, (item, shown)) in items.iter_mut().zip(&shown).enumerate() {
            let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { continue };
            let name = match name_of(shown) {
                None => format!("_col{at}"),
                Some(name) if counts[&name.to_lowercase()] > 1 => format!("{}{SAME_NAME}{at}", name.to_lowercase()),
                Some(name) => name.to_lowercase(),
            };
            *item = SelectItem::ExprWithAlias { expr: taken(expr), alias: quoted(name) };
        }
        Ok(shown)
    }

    fn from(&mut self, from: &mut Vec<TableWithJoins>) -> Result<(), String> {
        for table in from.iter_mut() {
            self.joined(table)?;
        }
        // `FROM a, UNNEST(a.list)` reads as `FROM a CROSS JOIN UNNEST(a.list)`.
        let mut whole: Vec<TableWithJoins> = Vec::with_capacity(from.len());
        for table in from.drain(..) {
            match (whole.pop(), &table.relation) {
                (Some(before), TableFactor::UNNEST { .. }) => {
                    let cross = JoinOperator::CrossJoin(JoinConstraint::None);
                    let unnest = Join { relation: table.relation, global: false, join_operator: cross };
                    let unnested = TableWithJoins { relation: single(before), joins: vec![unnest] };
                    whole.push(TableWithJoins { relation: nested(unnested), joins: table.joins });
                }
                (before, _) => {
                    whole.extend(before);
                    whole.push(table);
                }
            }
        }
        *from = whole;
        Ok(())
    }

    fn joined(&mut self, table: &mut TableWithJoins) -> Result<(), String> {
        self.factor(&mut table.relation)?;
        for join in &mut table.joins {
            self.factor(&mut join.relation)?;
            self.join(join)?;
        }
        // An UNNEST sees what is joined before it: that becomes a table of its own, with the UNNEST alone joined.
        for join in std::mem::take(&mut table.joins) {
            if !matches!(join.relation, TableFactor::UNNEST { .. }) {
                table.joins.push(join);
                continue;
            }
            let relation = std::mem::replace(&mut table.relation, no_table());
            let before = single(TableWithJoins { relation, joins: std::mem::take(&mut table.joins) });
            table.relation = nested(TableWithJoins { relation: before, joins: vec![join] });
        }
        Ok(())
    }

    fn join(&mut self, join: &mut Join) -> Result<(), String> {
        let shown = told(join);
        let unnests = matches!(join.relation, TableFactor::UNNEST { .. });
        match &mut join.join_operator {
            _ if join.global => Err(refused(shown)),
            JoinOperator::CrossJoin(JoinConstraint::None) => Ok(()),
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
                if unnests =>
            {
                match is_true(constraint) {
                    true => Ok(()),
                    false => Err("UNNEST can be joined ON true alone.".to_owned()),
                }
            }
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::Right(constraint)
            | JoinOperator::RightOuter(constraint)
            | JoinOperator::FullOuter(constraint)
                if !unnests =>
            {
                self.constraint(constraint)
            }
            _ => Err(refused(shown)),
        }
    }

    fn constraint(&mut self, constraint: &mut JoinConstraint) -> Result<(), String> {
        match constraint {
            JoinConstraint::On(condition) => self.within(condition),
            JoinConstraint::Using(names) => {
                for name in names {
                    let column = one_name(name)?;
                    self.uses.note(std::slice::from_ref(&column.value));
                    *name = ObjectName::from(vec![column]);
                }
                Ok(())
            }
            JoinConstraint::Natural => Err(refused("NATURAL JOIN")),
            JoinConstraint::None => Err("A join needs a condition.".to_owned()),
        }
    }

    fn factor(&mut self, factor: &mut TableFactor) -> Result<(), String> {
        let shown = told(factor);
        match factor {
            TableFactor::Table {
                name,
                alias: called,
                args: None,
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample: None,
                index_hints,
            } if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => {
                let table = one_name(name).map_err(|_| absent(&shown))?;
                if is_id(&table.value) && self.known.contains(&table.value) {
                    self.named.insert(table.value.clone());
                } else if !self.common.contains(&table.value) {
                    return Err(absent(&shown));
                }
                *name = ObjectName::from(vec![table]);
                called.as_mut().map_or(Ok(()), alias)
            }
            TableFactor::Derived { lateral: false, subquery, alias: called, sample: None } => {
                self.query(subquery)?;
                called.as_mut().map_or(Ok(()), alias)
            }
            TableFactor::UNNEST {
                alias: called,
                array_exprs,
                with_offset: false,
                with_offset_alias: None,
                with_ordinality: false,
            } if array_exprs.len() == 1 => {
                array_exprs.iter_mut().try_for_each(|list| self.within(list))?;
                called.as_mut().map_or(Ok(()), alias)
            }
            TableFactor::NestedJoin { table_with_joins, alias: called } => {
                self.joined(table_with_joins)?;
                called.as_mut().map_or(Ok(()), alias)
            }
            _ => Err(refused(shown)),
        }
    }
}

fn absent(table: &str) -> String {
    format!("Table {table} does not exist: FROM names event data stores by their IDs.")
}

fn nested(table: TableWithJoins) -> TableFactor {
    TableFactor::NestedJoin { table_with_joins: Box::new(table), alias: None }
}

/// Tables that are joined, as one.
fn single(table: TableWithJoins) -> TableFactor {
    match table.joins.is_empty() {
        true => table.relation,
        false => nested(table),
    }
}

/// Stands where a table was taken from, until another is put there.
fn no_table() -> TableFactor {
    TableFactor::UNNEST {
        alias: None,
        array_exprs: Vec::new(),
        with_offset: false,
        with_offset_alias: None,
        with_ordinality: false,
    }
}

fn is_true(constraint: &JoinConstraint) -> bool {
    match constraint {
        JoinConstraint::On(Expr::Value(value)) => value.value == Value::Boolean(true),
        _ => false,
    }
}

fn alias(alias: &mut TableAlias) -> Result<(), String> {
    if alias.at.is_some() || alias.columns.iter().any(|column| column.data_type.is_some()) {
        return Err(refused(told(alias)));
    }
    alias.name = lower(alias.name.clone());
    for column in &mut alias.columns {
        column.name = lower(column.name.clone());
    }
    Ok(())
}

/// A name of one part, in lower case.
fn one_name(name: &ObjectName) -> Result<Ident, String> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => Ok(lower(name.clone())),
        _ => Err(refused(told(name))),
    }
}

fn plain_wildcard(options: &WildcardAdditionalOptions) -> Result<(), String> {
    let bare = WildcardAdditionalOptions { wildcard_token: options.wildcard_token.clone(), ..Default::default() };
    match *options == bare {
        true => Ok(()),
        false => Err(refused(told(options))),
    }
}

/// What a column without an alias is called.
fn own_name(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(path) => path.last().map(|name| name.value.clone()),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(AccessExpr::Dot(Expr::Identifier(name))) => Some(name.value.clone()),
            _ => None,
        },
        Expr::Nested(inner) => own_name(inner),
        _ => None,
    }
}

fn name_of(shown: &Shown) -> Option<&str> {
    match shown {
        Shown::One(name) => name.as_deref(),
        Shown::All => None,
    }
}

fn is_count(expression: &Expr) -> bool {
    match expression {
        Expr::Value(value) => matches!(&value.value, Value::Number(digits, false) if digits.parse::<i64>().is_ok()),
        _ => false,
    }
}

/// FETCH FIRST as LIMIT; without a count it is one row.
fn limited(quantity: Option<Expr>) -> LimitClause {
    LimitClause::LimitOffset { limit: Some(or_one(quantity)), offset: None, limit_by: Vec::new() }
}

fn or_one(quantity: Option<Expr>) -> Expr {
    quantity.unwrap_or_else(|| number_literal(1))
}

fn check_limit(limit: &LimitClause) -> Result<(), String> {
    match limit {
        LimitClause::LimitOffset { limit, offset, limit_by }
            if limit_by.is_empty()
                && limit.as_ref().is_none_or(is_count)
                && offset.as_ref().is_none_or(|offset| is_count(&offset.value)) =>
        {
            Ok(())
        }
        other => Err(refused(told(other))),
    }
}
