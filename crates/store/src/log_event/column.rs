//! Decoding the pages of columns.
//!
//! Pages are reached through the directory, which has their checksums, and not through Parquet's reader, which
//! would step over those before. Their values are decoded by Parquet's decoders.

use std::sync::Arc;

use arrow_array::StringArray;
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::schema::types::{ColumnDescriptor, ColumnPath, Type as SchemaType};

/// Numbers of 64 bits.
pub(super) fn numbers(page: Vec<u8>, rows: usize) -> Result<Vec<i64>, String> {
    decode::<Int64Type>(page.into(), rows, Type::INT64)
}

/// Messages: their lengths, then all of them end to end.
///
/// That they are text is checked once for all, at the speed of memory: the checksum says that they are what was
/// written, but only a check lets the compiler believe it.
pub(super) fn messages(page: Vec<u8>, rows: usize) -> Result<StringArray, String> {
    let page = Bytes::from(page);
    let lengths = decode::<Int32Type>(page.clone(), rows, Type::INT32)?;
    let mut offsets = Vec::with_capacity(rows + 1);
    let mut end = 0i32;
    offsets.push(0);
    for length in lengths {
        let next = end.checked_add(length).filter(|next| *next >= end);
        end = next.ok_or("a page of messages is longer than any can be")?;
        offsets.push(end);
    }
    let start = page.len().checked_sub(end as usize).ok_or("a page of messages is shorter than these")?;
    let text = Buffer::from(page.slice(start..));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    StringArray::try_new(offsets, text, None).map_err(|error| error.to_string())
}

fn decode<T: DataType>(page: Bytes, rows: usize, kind: Type) -> Result<Vec<T::T>, String> {
    let failed = |error: ParquetError| error.to_string();
    let column = SchemaType::primitive_type_builder("values", kind).build().map_err(failed)?;
    let column = ColumnDescriptor::new(Arc::new(column), 0, 0, ColumnPath::from("values"));
    let page = Page::DataPage {
        buf: page,
        num_values: u32::try_from(rows).map_err(|_| "a page has too many rows")?,
        encoding: Encoding::DELTA_BINARY_PACKED,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    let mut reader = ColumnReaderImpl::<T>::new(Arc::new(column), Box::new(OnePage(Some(page))));
    let mut values = Vec::with_capacity(rows);
    reader.read_records(rows, None, None, &mut values).map_err(failed)?;
    if values.len() == rows { Ok(values) } else { Err("a page has fewer rows than it should".to_owned()) }
}

struct OnePage(Option<Page>);

impl Iterator for OnePage {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageReader for OnePage {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        Ok(self.0.take())
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        // Records end where pages do.
        Ok(None)
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.0 = None;
        Ok(())
    }
}
