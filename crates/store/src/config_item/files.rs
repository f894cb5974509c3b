//! The files of the table, as [`table_files`](crate::table_files) keeps them.

use super::reader::OpenFile;
use crate::table_files;

pub(crate) type TableFiles = table_files::TableFiles<OpenFile>;
pub(crate) type FileSet = table_files::FileSet<OpenFile>;
pub(super) type LiveFile = table_files::LiveFile<OpenFile>;
