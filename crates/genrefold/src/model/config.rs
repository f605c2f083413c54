//! The widths of the network, all of them settings. Defaults follow the report where it speaks.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Every width of the network except the picture's and the number of genres, which the data gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// Channels after the first convolution and after each RGLU block: one more entry than blocks. The
    /// report fixes five blocks and the last width, 256; the others are ours.
    pub channels: Vec<usize>,
    /// What brings the channels to one scale after each block's pooling (the report names nothing).
    #[serde(skip_serializing_if = "NormKind::is_none")]
    pub norm: NormKind,
    /// What makes a sequence of moments out of the convolution stack's output.
    pub encoder: EncoderConfig,
    /// Widths of the dense layers between pooling and scores (report §3.3: 200 and 100).
    pub dense: Vec<usize>,
    /// Dropout after each dense layer (report §3.3: 0.2).
    pub dense_dropout: f64,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        NetworkConfig {
            channels: vec![64, 64, 64, 128, 128, 256],
            norm: NormKind::None,
            encoder: EncoderConfig::Transformer(TransformerConfig::default()),
            dense: vec![200, 100],
            dense_dropout: 0.2,
        }
    }
}

/// How the output of each block of the convolution stack is normalised.
///
/// None is not written into files, so that networks from before there was a choice keep their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormKind {
    /// It is not.
    #[default]
    None,
    /// Each moment over its channels (Ba et al. 2016).
    Layer,
    /// Each channel over the batch and time in training, by running statistics in use (Ioffe & Szegedy 2015).
    Batch,
}

impl NormKind {
    fn is_none(&self) -> bool {
        *self == NormKind::None
    }
}

/// The two networks that the report compares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EncoderConfig {
    /// RGLUformer: a transformer encoder (report §3.2).
    Transformer(TransformerConfig),
    /// RGLU-LSTM: a recurrent layer in its place (report §5.2).
    Lstm(LstmConfig),
}

/// Which axis of the convolution stack's output the encoder takes as its sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tokens {
    /// Each moment is a token as wide as there are channels: the sensible reading.
    Time,
    /// Each channel is a token as wide as there are moments: the report's words, taken literally.
    Channel,
}

/// The transformer encoder of "Attention Is All You Need" (Vaswani et al. 2017), §3.1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransformerConfig {
    /// Attention heads (report: 8).
    pub heads: usize,
    /// Inner width of the feed-forward layers (report: 2048).
    pub feed_forward: usize,
    /// Encoder layers (the report does not say; 1).
    pub layers: usize,
    /// Dropout on attention, feed-forward and both residual paths (report: 0.1).
    pub dropout: f64,
    /// What a token is.
    pub tokens: Tokens,
    /// Normalise before each sub-layer instead of after it; learns at higher rates.
    pub norm_first: bool,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        TransformerConfig {
            heads: 8,
            feed_forward: 2048,
            layers: 1,
            dropout: 0.1,
            tokens: Tokens::Time,
            norm_first: false,
        }
    }
}

/// The recurrent layer of RGLU-LSTM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LstmConfig {
    /// Width of the hidden state, per direction.
    pub hidden: usize,
    /// Whether a second layer reads the sequence backwards; its states are appended.
    pub bidirectional: bool,
}

impl Default for LstmConfig {
    fn default() -> Self {
        LstmConfig { hidden: 256, bidirectional: false }
    }
}

impl NetworkConfig {
    /// How many RGLU blocks there are.
    pub fn blocks(&self) -> usize {
        self.channels.len().saturating_sub(1)
    }

    /// Moments that are left of `columns` after every block has halved them.
    pub fn moments(&self, columns: usize) -> usize {
        columns >> self.blocks()
    }

    /// Checks every width for a picture of `columns` moments.
    pub fn validate(&self, columns: usize) -> Result<()> {
        let bad = |key: &str, found: String, expected: &str| {
            Err(Error::Setting { key: format!("network.{key}"), found, expected: expected.into() })
        };
        if self.channels.len() < 2 || self.channels.contains(&0) {
            return bad("channels", format!("{:?}", self.channels), "at least two widths, none of them 0");
        }
        if self.moments(columns) == 0 {
            let found = format!("{} blocks for {columns} columns", self.blocks());
            return bad("channels", found, "blocks that leave at least one moment, each halving the columns");
        }
        if self.dense.contains(&0) {
            return bad("dense", format!("{:?}", self.dense), "widths above 0");
        }
        if !(0.0..1.0).contains(&self.dense_dropout) {
            return bad("dense_dropout", self.dense_dropout.to_string(), "0 or more and below 1");
        }
        match &self.encoder {
            EncoderConfig::Lstm(lstm) if lstm.hidden == 0 => bad("encoder.hidden", "0".into(), "above 0"),
            EncoderConfig::Lstm(_) => Ok(()),
            EncoderConfig::Transformer(transformer) => transformer.validate(self.token_width(columns)),
        }
    }

    /// Width of one token for a picture of `columns` moments.
    pub fn token_width(&self, columns: usize) -> usize {
        let channels = self.channels.last().copied().unwrap_or(0);
        match &self.encoder {
            EncoderConfig::Transformer(TransformerConfig { tokens: Tokens::Channel, .. }) => {
                self.moments(columns)
            }
            _ => channels,
        }
    }
}

impl TransformerConfig {
    fn validate(&self, width: usize) -> Result<()> {
        let bad = |key: &str, found: String, expected: &str| {
            Err(Error::Setting { key: format!("network.encoder.{key}"), found, expected: expected.into() })
        };
        if self.heads == 0 || self.layers == 0 || self.feed_forward == 0 {
            let found = format!("{} heads, {} layers, {} wide", self.heads, self.layers, self.feed_forward);
            return bad("heads, layers, feed_forward", found, "each above 0");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return bad("dropout", self.dropout.to_string(), "0 or more and below 1");
        }
        if !width.is_multiple_of(2) {
            let expected = "an even width, because sine and cosine alternate in the positional encoding";
            return bad("tokens", format!("tokens of width {width}"), expected);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reports_network_leaves_ten_moments_of_256_channels() {
        let config = NetworkConfig::default();
        assert_eq!((config.moments(334), config.token_width(334)), (10, 256));
        assert!(config.validate(334).is_ok());
    }

    #[test]
    fn a_width_that_cannot_be_built_is_refused_by_name() {
        let mut config = NetworkConfig { channels: vec![8; 12], ..NetworkConfig::default() };
        assert!(config.validate(313).is_err_and(|error| error.to_string().contains("network.channels")));
        config = NetworkConfig { dense_dropout: 1.0, ..NetworkConfig::default() };
        assert!(config.validate(313).is_err_and(|error| error.to_string().contains("dense_dropout")));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let text = r#"{"encoder": {"kind": "lstm", "hiden": 3}}"#;
        assert!(serde_json::from_str::<NetworkConfig>(text).is_err());
        assert!(
            serde_json::from_str::<NetworkConfig>(r#"{"encoder": {"kind": "lstm", "hidden": 3}}"#).is_ok()
        );
    }

    #[test]
    fn a_network_without_normalisation_is_written_as_before_there_was_any() -> serde_json::Result<()> {
        let written = serde_json::to_string(&NetworkConfig::default())?;
        assert!(!written.contains("norm\""), "{written}");
        assert_eq!(serde_json::from_str::<NetworkConfig>(&written)?, NetworkConfig::default());
        let config: NetworkConfig = serde_json::from_str(r#"{"norm": "batch"}"#)?;
        assert_eq!(config.norm, NormKind::Batch);
        assert_eq!(serde_json::from_str::<NetworkConfig>(&serde_json::to_string(&config)?)?, config);
        Ok(())
    }
}
