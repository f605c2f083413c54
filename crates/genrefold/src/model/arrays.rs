//! Named arrays and one text in a safetensors file: the common ground of model files and checkpoints.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use half::f16;
use half::slice::HalfFloatSliceExt;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Deserialize;

use super::weights::{Array, Weights};
use crate::error::{Error, Result};

/// The metadata key that holds the text.
const KEY: &str = "genrefold";

/// How an array is stored; it is always computed with in f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// As it is.
    F32,
    /// Half as large, each value rounded to 11 significant bits.
    F16,
}

impl Precision {
    fn dtype(self) -> Dtype {
        match self {
            Precision::F32 => Dtype::F32,
            Precision::F16 => Dtype::F16,
        }
    }

    fn encode(self, values: &[f32]) -> Vec<u8> {
        match self {
            Precision::F32 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Precision::F16 => values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect(),
        }
    }
}

/// The bytes of a file with these arrays and this text. Equal content gives equal bytes.
///
/// # Errors
/// [`Error::Model`] when a shape does not fit its values.
pub fn to_bytes(text: String, arrays: BTreeMap<String, (&Array, Precision)>) -> Result<Vec<u8>> {
    let wrong = |error: safetensors::SafeTensorError| Error::Model {
        path: "in memory".into(),
        found: error.to_string(),
        expected: "arrays that the safetensors format can hold".into(),
    };
    let stored: Vec<_> = arrays
        .into_iter()
        .map(|(name, (array, precision))| (name, &array.shape, precision, precision.encode(&array.values)))
        .collect();
    let mut views = Vec::with_capacity(stored.len());
    for (name, shape, precision, bytes) in &stored {
        let view = TensorView::new(precision.dtype(), shape.to_vec(), bytes).map_err(wrong)?;
        views.push((name.as_str(), view));
    }
    safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), text)]))).map_err(wrong)
}

/// The text and the arrays of a file; `origin` is what errors name.
///
/// # Errors
/// [`Error::Model`]: no safetensors file, no text of ours, an unknown type, or a value that is no number.
pub fn from_bytes(bytes: &[u8], origin: &Path) -> Result<(String, Weights)> {
    let refuse = |found: String, expected: &str| Error::Model {
        path: origin.into(),
        found,
        expected: expected.into(),
    };
    let damaged = |error: safetensors::SafeTensorError| {
        refuse(error.to_string(), "an undamaged safetensors file written by genrefold")
    };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let text = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    let text = text
        .ok_or_else(|| refuse(format!("no metadata under {KEY:?}"), "a file written by genrefold"))?
        .clone();
    let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let mut arrays = Weights::new();
    for (name, view) in tensors.tensors() {
        let array = decode(&view)
            .ok_or_else(|| refuse(format!("{name} of type {:?}", view.dtype()), "F32 or F16"))?;
        if !array.is_finite() {
            return Err(refuse(format!("a value in {name} that is no number"), "finite values"));
        }
        arrays.insert(name, array);
    }
    Ok((text, arrays))
}

/// The most bytes of a file's header, as safetensors has it.
const LONGEST_HEADER: u64 = 100_000_000;

/// The text of a file alone, without reading its arrays.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read; [`Error::Model`] for one that holds no text of ours.
pub fn read_text(path: &Path) -> Result<String> {
    /// Of the header, what is no array.
    #[derive(Deserialize)]
    struct Header {
        #[serde(rename = "__metadata__")]
        metadata: BTreeMap<String, String>,
    }
    let refuse = |found: String| {
        let expected = "a safetensors file written by genrefold".into();
        Error::Model { path: path.into(), found, expected }
    };
    let mut file = File::open(path).map_err(Error::io("read", path))?;
    let (mut length, mut header) = ([0; 8], Vec::new());
    file.read_exact(&mut length).map_err(Error::io("read", path))?;
    let length = u64::from_le_bytes(length).min(LONGEST_HEADER);
    file.take(length).read_to_end(&mut header).map_err(Error::io("read", path))?;
    let Header { mut metadata } = serde_json::from_slice(&header)
        .map_err(|error| refuse(format!("a header that is unreadable: {error}")))?;
    metadata.remove(KEY).ok_or_else(|| refuse(format!("no metadata under {KEY:?}")))
}

fn decode(view: &TensorView) -> Option<Array> {
    let bytes = view.data();
    let values = match view.dtype() {
        Dtype::F32 => bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        Dtype::F16 => {
            let halves: Vec<f16> =
                bytes.as_chunks::<2>().0.iter().map(|bytes| f16::from_le_bytes(*bytes)).collect();
            halves.to_f32_vec()
        }
        _ => return None,
    };
    Some(Array { shape: view.shape().to_vec(), values })
}
