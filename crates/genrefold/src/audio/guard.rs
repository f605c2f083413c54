//! Keeps a decoder's panic from becoming ours.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::source::BudgetSpent;
use crate::error::{Error, Result};

/// Runs foreign decoding code; a panic in it, or a spent byte budget, becomes [`Error::Damaged`].
///
/// The state behind `work` must not be used again after such an error. The panic hook has then already
/// run: a program that wants silence on damaged files sets its own hook.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|cause| Err(Error::Damaged { found: describe(&*cause) }))
}

fn describe(cause: &(dyn Any + Send)) -> String {
    let message =
        cause.downcast_ref::<&str>().copied().or(cause.downcast_ref::<String>().map(String::as_str));
    match message {
        _ if cause.is::<BudgetSpent>() => {
            "the decoder kept reading without an end; expected one pass through the file".into()
        }
        Some(message) => format!("the decoder gave up on bytes that it did not expect ({message})"),
        None => "the decoder gave up on bytes that it did not expect".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_becomes_an_error() {
        let result: Result<()> = guarded(|| std::panic::resume_unwind(Box::new(BudgetSpent)));
        assert!(matches!(result, Err(Error::Damaged { found }) if found.contains("without an end")));
    }

    #[test]
    fn a_panic_becomes_an_error_with_its_message() {
        let result: Result<()> = guarded(|| std::panic::resume_unwind(Box::new("index out of range")));
        assert!(matches!(result, Err(Error::Damaged { found }) if found.contains("index out of range")));
    }
}
