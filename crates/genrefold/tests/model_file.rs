//! Model files that must be refused, each with what was found and what was expected.

use std::error::Error;
use std::path::{Path, PathBuf};

use genrefold::Model;

fn good() -> std::io::Result<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/network_rgluformer.safetensors");
    std::fs::read(path)
}

/// The error for a changed file.
fn refusal(bytes: &[u8]) -> String {
    match Model::from_bytes(bytes, Path::new("changed.safetensors")) {
        Ok(_) => "accepted".into(),
        Err(error) => error.to_string(),
    }
}

/// Changes the header's text and its stated length.
fn with_header(change: impl Fn(String) -> String) -> Result<Vec<u8>, Box<dyn Error>> {
    let bytes = good()?;
    let length = u64::from_le_bytes(bytes[..8].try_into()?) as usize;
    let mut header = change(String::from_utf8(bytes[8..8 + length].to_vec())?);
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut changed = (header.len() as u64).to_le_bytes().to_vec();
    changed.extend(header.as_bytes());
    changed.extend(&bytes[8 + length..]);
    Ok(changed)
}

#[test]
fn an_empty_a_foreign_and_a_truncated_file_are_refused() -> Result<(), Box<dyn Error>> {
    let whole = good()?;
    assert!(refusal(b"").contains("changed.safetensors"));
    assert!(refusal(b"RIFF....WAVEfmt ").contains("safetensors"));
    assert!(refusal(&whole[..whole.len() - 4]).contains("safetensors"));
    assert_ne!(refusal(&whole[..100]), "accepted");
    Ok(())
}

#[test]
fn another_front_end_or_format_is_refused_with_both_versions() -> Result<(), Box<dyn Error>> {
    let newer =
        with_header(|header| header.replace(r#"\"front_end_version\": 1"#, r#"\"front_end_version\": 7"#))?;
    let text = refusal(&newer);
    assert!(text.contains("front end version 7") && text.contains("version 1"), "{text}");
    let newer = with_header(|header| header.replace(r#"\"format\": 1"#, r#"\"format\": 2"#))?;
    assert!(refusal(&newer).contains("file format 2"));
    Ok(())
}

#[test]
fn weights_of_another_network_are_refused_by_name_and_shape() -> Result<(), Box<dyn Error>> {
    let wider = with_header(|header| header.replace("[6, 8, 12]", "[6, 8, 14]"))?;
    let text = refusal(&wider);
    assert!(text.contains("array ") && text.contains("shape"), "{text}");
    let renamed = with_header(|header| header.replace("\"stem.bias\"", "\"stem.bios\""))?;
    assert!(refusal(&renamed).contains("no array stem.bias"), "{}", refusal(&renamed));
    let fewer = with_header(|header| header.replace(r#", \"choro\""#, ""))?;
    assert_ne!(refusal(&fewer), "accepted");
    Ok(())
}

#[test]
fn an_unknown_key_in_the_card_and_a_weight_that_is_no_number_are_refused() -> Result<(), Box<dyn Error>> {
    let unknown = with_header(|header| header.replace(r#"\"dense_dropout\""#, r#"\"dense_droput\""#))?;
    assert!(refusal(&unknown).contains("dense_droput"));
    let mut broken = good()?;
    let last = broken.len() - 4;
    broken[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(refusal(&broken).contains("no number"));
    Ok(())
}
