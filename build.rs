//! Sets the linker up for a Node.js addon; without the `node` feature there is nothing to do.

fn main() {
    #[cfg(feature = "node")]
    napi_build::setup();
}
