//! Lookup tables: CSV that queries can look things up in (logs.md §8.7). The text is a document, the record tells of it.

use std::collections::HashMap;
use std::sync::Arc;

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use base::{Scope, Timestamp};
use lang::insights::commands::Command;
use lang::insights::{LookupTable, LookupTables, Query};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Versioned};

use crate::Logs;
use crate::groups;
use crate::tagged::Tagged;
use crate::tags::Tags;

/// Tables of an account in a region, and bytes of one (logs.md §11).
pub(crate) const TABLES_MAX: usize = 100;
const BYTES_MAX: usize = 10 << 20;

/// What a table's ARN has before the name.
const RESOURCE: &str = "lookup-table:";

/// A table. The key is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LookupTableRecord {
    /// What it is for.
    pub(crate) description: Option<String>,
    /// The names of its columns.
    pub(crate) fields: Vec<String>,
    /// How many rows it has.
    pub(crate) rows: u64,
    /// Bytes of its text.
    pub(crate) bytes: u64,
    /// The document with its text: another with each change, so that a change is there as a whole or not at all.
    pub(crate) document: String,
    /// Tags, in the order they were first set.
    pub(crate) tags: Vec<(String, String)>,
    /// When it was last written.
    pub(crate) updated: Timestamp,
}

impl Record for LookupTableRecord {
    const KIND: &'static str = "logs.lookup_table";
    const FORMAT: u32 = 1;
}

impl Tagged for LookupTableRecord {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// A table's ARN.
pub(crate) fn arn(scope: &Scope, name: &str) -> String {
    groups::arn_of(scope, &format!("{RESOURCE}{name}"))
}

/// The key of a table's record.
pub(crate) fn key(scope: &Scope, name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, name)
}

/// The caller's table with this ARN.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(crate) fn find<'a>(
    catalog: &Catalog,
    cx: &CallContext,
    table_arn: &'a str,
) -> Result<(&'a str, Versioned<LookupTableRecord>), ServiceError> {
    let scope = cx.scope();
    let name = table_arn.strip_prefix(&arn(&scope, "")).unwrap_or_default();
    let absent = || errors::resource_not_found_exception("The specified lookup table does not exist.");
    Ok((name, catalog.get(&key(&scope, name)).ok_or_else(absent)?))
}

/// Reads a table's text.
///
/// # Errors
/// What is wrong with it, for the client.
pub(crate) fn read(text: &str) -> Result<LookupTable, String> {
    if text.len() > BYTES_MAX {
        return Err("The table body exceeds 10 MB.".to_owned());
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let invalid = |error: csv::Error| format!("The table body is not valid CSV: {error}");
    let columns: Vec<String> = reader.headers().map_err(invalid)?.iter().map(str::to_owned).collect();
    if columns.iter().any(String::is_empty) {
        return Err("The table body must begin with a header that names every column.".to_owned());
    }
    if (1..columns.len()).any(|at| columns[..at].contains(&columns[at])) {
        return Err("The table body names a column twice.".to_owned());
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        rows.push(record.map_err(invalid)?.iter().map(Arc::from).collect());
    }
    Ok(LookupTable { columns, rows })
}

/// The tables that a query names.
#[derive(Debug, Default)]
pub(crate) struct Tables(HashMap<String, Arc<LookupTable>>);

impl LookupTables for Tables {
    fn table(&self, name: &str) -> Option<Arc<LookupTable>> {
        self.0.get(name).cloned()
    }
}

/// Reads the tables that a query names; those that do not exist are its own mistake.
///
/// # Errors
/// A table's text cannot be read; the cause is logged here.
pub(crate) async fn wanted_by(logs: &Logs, cx: &CallContext, query: &Query) -> Result<Tables, ServiceError> {
    let mut tables = Tables::default();
    for command in query.commands() {
        let Command::Lookup(lookup) = command else { continue };
        let Some(found) = logs.parts.catalog.get::<LookupTableRecord>(&key(&cx.scope(), &lookup.table)) else {
            continue;
        };
        let text = text(logs, &found.value).await?;
        let table = read(&text).map_err(|error| {
            tracing::error!(table = lookup.table, error, "a lookup table cannot be read");
            ServiceError::internal()
        })?;
        tables.0.insert(lookup.table.clone(), Arc::new(table));
    }
    Ok(tables)
}

/// A table's text.
///
/// # Errors
/// It cannot be read; the cause is logged here.
pub(crate) async fn text(logs: &Logs, record: &LookupTableRecord) -> Result<String, ServiceError> {
    let failed = |error: String| {
        tracing::error!(document = record.document, error, "a lookup table cannot be read");
        ServiceError::internal()
    };
    let document = logs.parts.documents.get(&record.document).await.map_err(failed)?;
    let document = document.ok_or_else(|| failed("it is not there".to_owned()))?;
    String::from_utf8(document).map_err(|error| failed(error.to_string()))
}

/// Reads a table that a caller gives, and keeps its text.
///
/// # Errors
/// `InvalidParameterException`; its text cannot be kept.
pub(crate) async fn keep(
    logs: &Logs,
    cx: &CallContext,
    body: String,
    description: Option<String>,
    kms_key_id: Option<&str>,
) -> Result<LookupTableRecord, ServiceError> {
    if kms_key_id.is_some() {
        let message = "Lookup tables cannot be encrypted with a key: no key provider is configured.";
        return Err(errors::invalid_parameter_exception(message));
    }
    let table = read(&body).map_err(errors::invalid_parameter_exception)?;
    let record = LookupTableRecord {
        description,
        fields: table.columns,
        rows: table.rows.len() as u64,
        bytes: body.len() as u64,
        document: format!("lookup/{}", base::id::uuid(&*logs.parts.entropy)),
        tags: Vec::new(),
        updated: cx.now,
    };
    logs.parts.documents.put(&record.document, body.into_bytes()).await.map_err(|error| {
        tracing::error!(error, "a lookup table cannot be kept");
        ServiceError::internal()
    })?;
    Ok(record)
}

/// Lets go of a text that no record names any more.
pub(crate) async fn forget(logs: &Logs, document: &str) {
    if let Err(error) = logs.parts.documents.remove(document).await {
        tracing::warn!(document, error, "the text of a lookup table could not be removed");
    }
}

/// What DescribeLookupTables gives of it.
pub(crate) fn described(scope: &Scope, name: &str, record: &LookupTableRecord) -> types::LookupTable {
    types::LookupTable {
        lookup_table_arn: Some(arn(scope, name)),
        lookup_table_name: Some(name.to_owned()),
        description: record.description.clone(),
        table_fields: Some(record.fields.clone()),
        records_count: i64::try_from(record.rows).ok(),
        size_bytes: i64::try_from(record.bytes).ok(),
        last_updated_time: Some(record.updated.millis()),
        kms_key_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_header_and_rows() {
        let table = read("ip,owner\n10.0.0.1,\"Ops, EU\"\n10.0.0.2,Dev\n").unwrap();
        assert_eq!(table.columns, ["ip", "owner"]);
        assert_eq!(table.rows, [[Arc::from("10.0.0.1"), Arc::from("Ops, EU")], ["10.0.0.2".into(), "Dev".into()]]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for (text, word) in
            [("a,b\n1\n", "CSV"), ("a,a\n", "twice"), ("a,\n1,2\n", "header"), (&"x".repeat(BYTES_MAX + 1), "10 MB")]
        {
            assert!(read(text).unwrap_err().contains(word), "{word}");
        }
    }
}
