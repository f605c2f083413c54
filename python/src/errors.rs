//! The library's errors as Python's: `genrefold.GenrefoldError` and its kinds are classes of the package itself.

use genrefold::Error;
use pyo3::prelude::*;

/// The exception that an error is raised as.
pub fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let made = py
        .import("genrefold.errors")
        .and_then(|errors| errors.call_method1("of_kind", (error.kind(), error.to_string())));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(another) => another,
    }
}
