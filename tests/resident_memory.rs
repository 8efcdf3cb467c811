//! Resident memory as the system tells it. The test has its process to itself: what others free meanwhile would count too.
#![cfg(target_os = "linux")]

use memwatch_rs::gc::process_memory::MemoryProbe;

const HELD_BYTES: u64 = 32 << 20;

#[test]
fn memory_that_is_written_to_is_resident_and_memory_that_is_given_back_is_not() {
    let mut probe = MemoryProbe::new(4096);
    let mut rss_bytes = |now_ns| probe.read(now_ns).rss_bytes.expect("Linux has statm");
    let before = rss_bytes(0);
    let held = std::hint::black_box(vec![1u8; HELD_BYTES as usize]);
    let holding = rss_bytes(1);
    drop(held);
    let after = rss_bytes(2);
    assert!(holding >= before + HELD_BYTES, "{before} {holding} {after}");
    assert!(
        after < before + HELD_BYTES / 2,
        "{before} {holding} {after}"
    );
}
