//! `… CROSS JOIN UNNEST(list)`: a row for each item of a list that the row beside it has.
//!
//! DataFusion plans UNNEST of what it knows by itself; that the list is one of a table joined before is new here.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{
    Column, DFSchema, NullHandling, Result, ScalarValue, TableReference, UnnestOptions, plan_err,
};
use datafusion::functions::core::get_field;
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlanBuilder, lit};
use datafusion::sql::sqlparser::ast::{Join, JoinOperator, TableAlias, TableFactor};

use super::functions::lists::map_entries;

/// The name of an item before it has the statement's; no statement can name it.
const ITEM: &str = "\u{1}item";

/// Plans a table joined with an UNNEST that sees it.
#[derive(Debug)]
pub struct Unnesting;

impl RelationPlanner for Unnesting {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        let TableFactor::NestedJoin { mut table_with_joins, alias: None } = relation else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let is_unnest =
            matches!(table_with_joins.joins.as_slice(), [Join { relation: TableFactor::UNNEST { .. }, .. }]);
        if !is_unnest {
            let original = TableFactor::NestedJoin { table_with_joins, alias: None };
            return Ok(RelationPlanning::Original(Box::new(original)));
        }
        let Some(Join { relation: TableFactor::UNNEST { array_exprs, alias, .. }, join_operator, .. }) =
            table_with_joins.joins.pop()
        else {
            return plan_err!("an UNNEST was expected");
        };
        let keeps = matches!(join_operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_));
        let left = context.plan(table_with_joins.relation)?;
        let schema = left.schema().clone();
        let Some(list) = array_exprs.into_iter().next() else { return plan_err!("UNNEST needs a list") };
        let list = context.sql_to_expr(list, &schema)?;
        let (list, items) = listed(list, &schema)?;
        let mut columns: Vec<Expr> =
            schema.iter().map(|(table, field)| Expr::Column(Column::from((table, field)))).collect();
        let kept = columns.clone();
        columns.push(list.alias(ITEM));
        let handling = if keeps { NullHandling::PreserveAndExpandEmpty } else { NullHandling::Drop };
        let item = Column::new_unqualified(ITEM);
        let unnested = LogicalPlanBuilder::from(left)
            .project(columns)?
            .unnest_columns_with_options(vec![item.clone()], UnnestOptions::new().with_null_handling(handling))?;
        let shown = kept.into_iter().chain(named(Expr::Column(item), &items, alias.as_ref())?);
        let plan = unnested.project(shown.collect::<Vec<_>>())?.build()?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))))
    }
}

/// The list, and the type of its items; of a map its entries.
fn listed(list: Expr, schema: &Arc<DFSchema>) -> Result<(Expr, DataType)> {
    match list.get_type(schema.as_ref())? {
        DataType::List(item) => Ok((list, item.data_type().clone())),
        DataType::Map(entries, _) => Ok((map_entries().call(vec![list]), entries.data_type().clone())),
        _ => plan_err!("Cannot unnest type: only lists and maps have items"),
    }
}

/// The columns that an item becomes: the members of a row, or the item as a whole where one name is given for it.
fn named(item: Expr, kind: &DataType, alias: Option<&TableAlias>) -> Result<Vec<Expr>> {
    let table = alias.map(|alias| TableReference::bare(alias.name.value.clone()));
    let names: Vec<&str> =
        alias.iter().flat_map(|alias| &alias.columns).map(|column| column.name.value.as_str()).collect();
    let DataType::Struct(members) = kind else {
        return match names.as_slice() {
            [] => Ok(vec![item.alias_qualified(table, alias.map_or("_col0", |alias| &alias.name.value))]),
            [name] => Ok(vec![item.alias_qualified(table, *name)]),
            names => plan_err!("Column alias list has {} entries but an item has 1 column", names.len()),
        };
    };
    if let [name] = names.as_slice() {
        return Ok(vec![item.alias_qualified(table, *name)]);
    }
    if !names.is_empty() && names.len() != members.len() {
        let (given, has) = (names.len(), members.len());
        return plan_err!("Column alias list has {given} entries but an item has {has} columns");
    }
    let columns = members.iter().enumerate().map(|(at, member)| {
        let name = names.get(at).copied().unwrap_or(member.name().as_str());
        let value = get_field().call(vec![item.clone(), lit(ScalarValue::from(member.name().as_str()))]);
        value.alias_qualified(table.clone(), name)
    });
    Ok(columns.collect())
}
