//! A simulated campaign with a known truth.
