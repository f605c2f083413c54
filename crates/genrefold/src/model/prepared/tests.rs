//! The network in use against the network in training.

use burn::tensor::{Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::config::{EncoderConfig, LstmConfig, NormKind, Tokens, TransformerConfig};
use super::super::device::cpu;
use super::super::network::Network;
use super::super::passage::Passage;
use super::super::weights::{Array, values};
use super::*;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Both networks, with everything about them that can be chosen.
fn all() -> Vec<NetworkConfig> {
    let transformer = |config: TransformerConfig| EncoderConfig::Transformer(config);
    let config = TransformerConfig { heads: 3, feed_forward: 20, ..Default::default() };
    let encoders = [
        transformer(config.clone()),
        transformer(TransformerConfig { norm_first: true, layers: 2, ..config.clone() }),
        transformer(TransformerConfig { tokens: Tokens::Channel, ..config.clone() }),
        EncoderConfig::Lstm(LstmConfig { hidden: 7, bidirectional: false }),
        EncoderConfig::Lstm(LstmConfig { hidden: 5, bidirectional: true }),
    ];
    let network = |encoder| NetworkConfig {
        channels: vec![6, 6, 10],
        encoder,
        dense: vec![9],
        ..NetworkConfig::default()
    };
    let plain = encoders.into_iter().map(network);
    let normed = [NormKind::Layer, NormKind::Batch].into_iter().flat_map(|norm| {
        let encoders = [transformer(config.clone()), EncoderConfig::Lstm(LstmConfig::default())];
        encoders.map(|encoder| NetworkConfig { norm, ..network(encoder) })
    });
    plain.chain(normed).collect()
}

#[test]
fn the_network_in_use_says_what_the_network_in_training_says_for_any_number_of_clips_and_threads() -> Tested {
    let (ends, clips) = (Ends { rows: 5, columns: 34, genres: 3 }, 13);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let pictures: Vec<f32> =
        (0..clips * ends.columns * ends.rows).map(|_| random.random_range(0.0..1.0)).collect();
    for config in all() {
        let mut weights = Network::draw(&config, ends, 7)?;
        // As after a training: what is drawn normalises by 0 and 1.
        let norms = weights.iter_mut().filter(|(name, _)| name.contains(".norm."));
        norms.for_each(|(_, array)| array.values.fill_with(|| random.random_range(0.3..1.5)));
        let network = Network::blank(&config, ends, &cpu())?;
        let network = network.with_weights(&weights).map_err(|(found, _)| found)?;
        let data = TensorData::new(pictures.clone(), [clips, ends.columns, ends.rows]);
        let data = Tensor::from_data(data, &cpu());
        let expected = values(network.forward(data.clone(), &Passage::in_use()));
        let embedded = values(network.embed(data, &Passage::in_use()));
        let prepared = Prepared::new(&config, ends, &weights).map_err(|(found, _)| found)?;
        let each = ends.columns * ends.rows;
        for (threads, clips) in [(1, clips), (2, clips), (3, 1), (2, 1), (4, 2)] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
            let fill = |clip: usize, moments: &mut [f32]| {
                moments.copy_from_slice(&pictures[clip * each..][..each]);
            };
            let found = pool.install(|| prepared.judge(clips, fill));
            assert_eq!(found.logits.len(), clips * ends.genres);
            let pairs = found.logits.iter().zip(&expected).chain(found.embeddings.iter().zip(&embedded));
            for (found, expected) in pairs {
                assert!((found - expected).abs() < 1e-5, "{found} instead of {expected}: {config:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn weights_of_another_network_are_refused_by_name() -> Tested {
    let ends = Ends { rows: 5, columns: 34, genres: 3 };
    let configs = all();
    let mut weights = Network::draw(&configs[0], ends, 7)?;
    let refused = |weights: &Weights| Prepared::new(&configs[0], ends, weights).err();
    weights.insert("one.more".into(), Array { shape: vec![1], values: vec![0.0] });
    assert!(refused(&weights).is_some_and(|(found, expected)| found != expected));
    weights.remove("one.more");
    weights.remove("blocks.1.second.bias");
    assert!(refused(&weights).is_some_and(|(found, _)| found.contains("blocks.1.second.bias")));
    Ok(())
}
