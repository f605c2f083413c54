//! The reader of configurations: what it takes lies within its ranges, and says the same when written again.
#![no_main]

use genrefold::training::study::StudyPlan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(plan) = StudyPlan::parse("fuzz", text) else { return };
    assert!(!plan.runs.is_empty());
    for run in &plan.runs {
        let written = toml::to_string(&run.experiment).expect("settings that were read can be written");
        let again = StudyPlan::parse("fuzz", &written).expect("settings that were written can be read");
        assert_eq!(again.runs[0].experiment, run.experiment);
    }
});
