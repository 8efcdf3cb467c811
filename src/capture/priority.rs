//! How a copy stands back behind the service.
#![forbid(unsafe_code)]

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Priority {
    #[default]
    Lowest,
    /// Of a copy that has little to do, and that a verdict waits for.
    Low,
}
