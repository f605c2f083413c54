//! Reads the NumPy `.npy` files that hold the goldens: 32-bit floats, little endian, C order.

use std::error::Error;
use std::path::Path;

/// An array as NumPy wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Lengths of the axes, outermost first.
    pub shape: Vec<usize>,
    /// The values in C order: the last axis varies fastest.
    pub values: Vec<f32>,
}

/// Reads `tests/golden/{name}`.
pub fn golden(name: &str) -> Result<Array, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&bytes).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The format is described in NumPy's `numpy.lib.format`: magic, version, header length, header, data.
fn parse(bytes: &[u8]) -> Result<Array, Box<dyn Error>> {
    if bytes.len() < 12 || &bytes[..6] != b"\x93NUMPY" {
        return Err("no .npy file".into());
    }
    let (start, length) = match bytes[6] {
        1 => (10, usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))),
        _ => (12, u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize),
    };
    let data = start + length;
    let header = std::str::from_utf8(bytes.get(start..data).ok_or("the header is cut off")?)?;
    if !header.contains("'<f4'") || header.contains("'fortran_order': True") {
        return Err(format!("expected '<f4' in C order, found {header}").into());
    }
    let shape = shape(header)?;
    let values: Vec<f32> =
        bytes[data..].chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let expected: usize = shape.iter().product();
    if values.len() != expected {
        return Err(format!("shape {shape:?} needs {expected} values, found {}", values.len()).into());
    }
    Ok(Array { shape, values })
}

/// The numbers between the parentheses of `'shape': (128, 313)`.
fn shape(header: &str) -> Result<Vec<usize>, Box<dyn Error>> {
    let (_, rest) = header.split_once("'shape': (").ok_or("the header has no shape")?;
    let (inside, _) = rest.split_once(')').ok_or("the shape has no end")?;
    let axes = inside.split(',').map(str::trim).filter(|axis| !axis.is_empty());
    Ok(axes.map(str::parse).collect::<Result<_, _>>()?)
}
