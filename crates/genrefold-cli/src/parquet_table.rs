//! Rows of plain values as a Parquet file, a row group at a time.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

/// Rows that are held in memory before they are written.
const GROUP_ROWS: usize = 20_000;

/// A value of a row; nothing stands for a missing one.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(Option<String>),
    Truth(Option<bool>),
    Whole(Option<i64>),
    Float(Option<f32>),
    Double(Option<f64>),
    /// A list, which may be empty.
    Floats(Vec<f32>),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Truth,
    Whole,
    Float,
    Double,
    Floats,
}

/// A Parquet file being written.
pub struct ParquetTable<Out: Write + Send> {
    writer: SerializedFileWriter<Out>,
    columns: Vec<Vec<Cell>>,
}

impl<Out: Write + Send> ParquetTable<Out> {
    /// A table of these columns.
    ///
    /// # Errors
    /// The file cannot be written; two columns of one name.
    pub fn new(columns: &[(String, Kind)], out: Out) -> io::Result<Self> {
        let fields = columns.iter().map(|(name, kind)| field(name, *kind)).collect::<Result<_, _>>();
        let schema = fields.and_then(|fields| Type::group_type_builder("rows").with_fields(fields).build());
        let settings = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema.map_err(odd)?), Arc::new(settings));
        Ok(ParquetTable { writer: writer.map_err(odd)?, columns: vec![Vec::new(); columns.len()] })
    }

    /// Adds a row, one cell a column.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, row: impl IntoIterator<Item = Cell>) -> io::Result<()> {
        self.columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
        if self.columns.first().is_some_and(|column| column.len() >= GROUP_ROWS) {
            self.write_group()
        } else {
            Ok(())
        }
    }

    /// Writes what is left, and the file's end.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        if self.columns.first().is_some_and(|column| !column.is_empty()) {
            self.write_group()?;
        }
        self.writer.close().map(drop).map_err(odd)
    }

    fn write_group(&mut self) -> io::Result<()> {
        let columns = self.columns.iter_mut().map(std::mem::take).collect::<Vec<_>>();
        let mut group = self.writer.next_row_group().map_err(odd)?;
        for cells in columns {
            let Some(mut column) = group.next_column().map_err(odd)? else { break };
            write(&mut column, cells).map_err(odd)?;
            column.close().map_err(odd)?;
        }
        group.close().map(drop).map_err(odd)
    }
}

fn field(name: &str, kind: Kind) -> Result<TypePtr, ParquetError> {
    if kind == Kind::Floats {
        return list(name);
    }
    let (physical, logical) = match kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Truth => (Physical::BOOLEAN, None),
        Kind::Whole => (Physical::INT64, None),
        Kind::Float | Kind::Floats => (Physical::FLOAT, None),
        Kind::Double => (Physical::DOUBLE, None),
    };
    let builder = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    builder.with_logical_type(logical).build().map(Arc::new)
}

/// A list of three levels, as the format prescribes: the list, its entries, their values.
fn list(name: &str) -> Result<TypePtr, ParquetError> {
    let element =
        Type::primitive_type_builder("element", Physical::FLOAT).with_repetition(Repetition::REQUIRED);
    let entries = Type::group_type_builder("list").with_repetition(Repetition::REPEATED);
    let entries = entries.with_fields(vec![Arc::new(element.build()?)]).build()?;
    let list = Type::group_type_builder(name).with_repetition(Repetition::REQUIRED);
    list.with_logical_type(Some(LogicalType::List)).with_fields(vec![Arc::new(entries)]).build().map(Arc::new)
}

fn write(column: &mut SerializedColumnWriter, cells: Vec<Cell>) -> Result<(), ParquetError> {
    macro_rules! all {
        ($kind:ident, $as:ty) => {{
            let values =
                cells.into_iter().map(|cell| if let Cell::$kind(value) = cell { value } else { None });
            typed::<$as>(column, values.map(|value| value.map(Into::into)))
        }};
    }
    match cells.first() {
        Some(Cell::Text(_)) => {
            let text = |cell| if let Cell::Text(text) = cell { text.map(String::into_bytes) } else { None };
            typed::<ByteArrayType>(column, cells.into_iter().map(text).map(|text| text.map(ByteArray::from)))
        }
        Some(Cell::Truth(_)) => all!(Truth, BoolType),
        Some(Cell::Whole(_)) => all!(Whole, Int64Type),
        Some(Cell::Float(_)) => all!(Float, FloatType),
        Some(Cell::Double(_)) => all!(Double, DoubleType),
        Some(Cell::Floats(_)) => {
            let lists: Vec<Vec<f32>> = cells
                .into_iter()
                .map(|cell| if let Cell::Floats(list) = cell { list } else { Vec::new() })
                .collect();
            // An empty list has one place, and nothing in it; every other value goes on with the list before it.
            let there = lists.iter().flat_map(|list| vec![i16::from(!list.is_empty()); list.len().max(1)]);
            let goes_on =
                lists.iter().flat_map(|list| (0..list.len().max(1)).map(|place| i16::from(place > 0)));
            let (there, goes_on): (Vec<i16>, Vec<i16>) = (there.collect(), goes_on.collect());
            let values = lists.concat();
            column.typed::<FloatType>().write_batch(&values, Some(&there), Some(&goes_on)).map(drop)
        }
        None => Ok(()),
    }
}

/// Values that are there, and for every row whether it has one.
fn typed<T: DataType>(
    column: &mut SerializedColumnWriter,
    cells: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let cells: Vec<Option<T::T>> = cells.collect();
    let there: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.into_iter().flatten().collect();
    column.typed::<T>().write_batch(&values, Some(&there), None).map(drop)
}

fn odd(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => io::Error::other(error),
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    use super::*;

    #[test]
    fn rows_come_back_over_several_groups_with_what_is_missing() -> Result<(), Box<dyn std::error::Error>> {
        let columns = [("file", Kind::Text), ("sure", Kind::Truth), ("p", Kind::Float), ("s", Kind::Double)];
        let columns = columns.map(|(name, kind)| (name.to_owned(), kind));
        let rows = GROUP_ROWS + 7;
        let mut bytes = Vec::new();
        let mut table = ParquetTable::new(&columns, &mut bytes)?;
        for row in 0..rows {
            let there = row % 3 > 0;
            table.add([
                Cell::Text(Some(format!("ü{row}"))),
                Cell::Truth(there.then_some(row % 2 == 0)),
                Cell::Float(there.then_some(row as f32 / 8.0)),
                Cell::Double(Some(row as f64)),
            ])?;
        }
        table.finish()?;
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes))?;
        assert_eq!(reader.metadata().num_row_groups(), 2);
        let mut count = 0;
        for (number, row) in reader.get_row_iter(None)?.enumerate() {
            let row = row?;
            assert_eq!(row.get_string(0)?, &format!("ü{number}"));
            assert_eq!(row.get_float(2).ok(), (number % 3 > 0).then_some(number as f32 / 8.0));
            assert_eq!(row.get_bool(1).ok(), (number % 3 > 0).then_some(number % 2 == 0));
            assert_eq!(row.get_double(3)?, number as f64);
            count += 1;
        }
        assert_eq!(count, rows);
        Ok(())
    }
}
