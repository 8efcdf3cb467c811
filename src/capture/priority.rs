//! How a copy stands back behind the service.
#![forbid(unsafe_code)]

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Priority {
    #[default]
    Lowest,
    /// Of a copy that has little to do: while it waits for a processor, each page that the service writes to is copied,
    /// which takes more from the service than the copy's work.
    Low,
}
