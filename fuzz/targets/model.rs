//! The reader of model files: what it takes is the same model when written again, and judges.
#![no_main]

use std::path::Path;

use genrefold::Model;
use genrefold::features::Picture;
use genrefold::model::Precision;
use libfuzzer_sys::fuzz_target;

/// Larger pictures take long, and are no other code.
const LARGEST_PICTURE: usize = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    let origin = Path::new("fuzz");
    let Ok(model) = Model::from_bytes(bytes, origin) else { return };
    let written = model.to_bytes(Precision::F32).expect("a model that was read can be written");
    let again = Model::from_bytes(&written, origin).expect("a model that was written can be read");
    assert_eq!(again.to_bytes(Precision::F32).ok().as_ref(), Some(&written));
    let (rows, columns) = model.card.front_end.picture_shape();
    if rows * columns > LARGEST_PICTURE {
        return;
    }
    let picture = Picture { rows, columns, values: vec![0.5; rows * columns] };
    let logits = model.logits(&[picture]).expect("a picture of its own shape");
    assert_eq!(logits.len(), 1);
    assert_eq!(logits[0].len(), model.card.genres.len());
});
