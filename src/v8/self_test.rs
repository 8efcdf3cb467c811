//! Does the native reading mean what we think? Compares it with what `v8.getHeapStatistics()` said
//! in between two native readings.

use crate::gc::HeapStatistics;

type Field = fn(&HeapStatistics) -> u64;

/// Why the two readings disagree, as one sentence; `Ok` when they agree.
///
/// # Errors
///
/// The first field that differs, with the numbers.
pub fn compare(
    before: &HeapStatistics,
    reported: &HeapStatistics,
    after: &HeapStatistics,
) -> Result<(), String> {
    // JavaScript ran between the readings: sizes may have moved, but only between the two.
    let fields: [(&str, Field); 9] = [
        ("heap_size_limit", |heap| heap.limit_bytes),
        ("number_of_native_contexts", |heap| heap.native_contexts),
        ("number_of_detached_contexts", |heap| heap.detached_contexts),
        ("total_heap_size_executable", |heap| {
            heap.total_executable_bytes
        }),
        ("peak_malloced_memory", |heap| heap.peak_malloced_bytes),
        ("total_global_handles_size", |heap| {
            heap.total_global_handles_bytes
        }),
        ("total_heap_size", |heap| heap.total_bytes),
        ("external_memory", |heap| heap.external_bytes),
        ("used_heap_size", |heap| heap.used_bytes),
    ];
    for (name, field) in fields {
        let (low, high) = (
            field(before).min(field(after)),
            field(before).max(field(after)),
        );
        let reported = field(reported);
        if !(low..=high).contains(&reported) {
            return Err(format!(
                "{name} is {reported} in v8.getHeapStatistics(), but {low} to {high} natively"
            ));
        }
    }
    match reported.used_bytes > 0 && reported.limit_bytes > reported.used_bytes / 2 {
        true => Ok(()),
        false => Err("the heap statistics make no sense".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heap(used_bytes: u64) -> HeapStatistics {
        HeapStatistics {
            used_bytes,
            total_bytes: 8 << 20,
            limit_bytes: 1 << 30,
            native_contexts: 1,
            ..HeapStatistics::default()
        }
    }

    #[test]
    fn a_reading_between_two_native_ones_agrees() {
        assert_eq!(compare(&heap(100), &heap(150), &heap(200)), Ok(()));
        assert_eq!(compare(&heap(200), &heap(150), &heap(100)), Ok(()));
    }

    #[test]
    fn fields_in_other_places_are_found() {
        let mut shifted = heap(150);
        std::mem::swap(&mut shifted.total_bytes, &mut shifted.external_bytes);
        let why = compare(&shifted, &heap(150), &shifted).expect_err("they differ");
        assert!(
            why.contains("total_heap_size") || why.contains("external_memory"),
            "{why}"
        );
    }

    #[test]
    fn zeros_everywhere_are_no_reading() {
        let nothing = HeapStatistics::default();
        assert!(compare(&nothing, &nothing, &nothing).is_err());
    }
}
