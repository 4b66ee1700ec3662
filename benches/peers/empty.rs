//! The benches are all that there is.
