//! The least that any tool must do with a snapshot: read the file and look at each number of its nodes
//! and edges once. Everything that `measure_heap` takes is compared with it.
//!
//! `cargo run --release --no-default-features --example measure_floor FILE` sums the integers of both
//! arrays in one loop over bytes, on one thread, and prints one JSON line.

mod peak;

use std::error::Error;

/// The integers of the array that follows `name`: how many, their sum, and where it ends.
fn sum(file: &[u8], name: &str, from: usize) -> Option<(u64, u64, usize)> {
    let rest = &file[from..];
    let found = rest
        .windows(name.len())
        .position(|text| text == name.as_bytes())?;
    let start = from + found + name.len();
    let (mut count, mut sum, mut value) = (0, 0u64, 0u64);
    let mut is_number = false;
    for (at, &byte) in file[start..].iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            is_number = true;
            continue;
        }
        if is_number {
            count += 1;
            sum = sum.wrapping_add(value);
        }
        if byte == b']' {
            return Some((count, sum, start + at));
        }
        (value, is_number) = (0, false);
    }
    None
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: measure_floor FILE")?;
    let file = std::fs::read(path)?;
    let (nodes, of_nodes, end) = sum(&file, "\"nodes\":[", 0).ok_or("no nodes")?;
    let (edges, of_edges, _) = sum(&file, "\"edges\":[", end).ok_or("no edges")?;
    println!(
        "{{\"integers\":{},\"sum\":{},\"peak_mb\":{}}}",
        nodes + edges,
        of_nodes.wrapping_add(of_edges),
        peak::peak_mb()?
    );
    Ok(())
}
