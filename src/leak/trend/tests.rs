//! What the detector says of series that leak, and of series that only look like it.

use super::super::samples::{Noise, run, series};
use super::*;

const MB: f64 = (1u32 << 20) as f64;

/// A heap that grows by `slope` a collection from `start` on, with noise; all in megabytes.
fn heap(count: usize, start: f64, slope: f64, noise: f64, seed: u64) -> Vec<u64> {
    let mut random = Noise::new(seed);
    (0..count)
        .map(|at| ((start + slope * at as f64 + noise * random.gauss()) * MB) as u64)
        .collect()
}

fn states(live_bytes: &[u64]) -> Vec<State> {
    run(&mut Trend::default(), live_bytes)
        .iter()
        .map(|leak| leak.state)
        .collect()
}

/// What it says, and after which collection.
fn verdicts(live_bytes: &[u64]) -> Vec<(usize, State)> {
    verdicts_of(Trend::default(), live_bytes)
}

fn verdicts_of(mut trend: Trend, live_bytes: &[u64]) -> Vec<(usize, State)> {
    let mut said = Vec::new();
    for (at, reading) in series(live_bytes).iter().enumerate() {
        said.extend(trend.observe(reading).iter().map(|leak| (at, leak.state)));
    }
    said
}

#[test]
fn a_heap_that_keeps_growing_is_a_suspect_and_then_a_leak() {
    let found = verdicts(&heap(64, 10.0, 0.2, 0.2, 1));
    let [(suspect, State::Suspect), (leak, State::Leak)] = found[..] else {
        panic!("{found:?}");
    };
    assert!(suspect <= 20 && leak <= 50, "{found:?}");
}

#[test]
fn what_a_program_has_at_first_does_not_hide_that_it_grows() {
    // V8 throws away what it took to load and to compile, after some collections.
    let mut grows = heap(6, 11.5, 0.0, 0.02, 51);
    grows.extend(heap(58, 10.0, 0.05, 0.05, 52));
    let said = verdicts(&grows);
    let [(suspect, State::Suspect), (leak, State::Leak)] = said[..] else {
        panic!("{said:?}");
    };
    assert!(suspect <= 18 && leak <= 60, "{said:?}");
}

#[test]
fn a_leak_that_was_first_suspicious_without_its_first_readings_is_one_with_them() {
    let mut grows = heap(3, 11.4, 0.0, 0.02, 61);
    grows.extend(heap(61, 10.45, 0.15, 0.05, 62));
    let mut trend = Trend::default();
    let mut suspected_since = None;
    for (at, reading) in series(&grows).iter().enumerate() {
        for leak in trend.observe(reading) {
            let since = trend.courses[0].episode.as_ref().map(|one| one.since);
            if leak.state == State::Suspect {
                suspected_since = since;
                continue;
            }
            assert_eq!((leak.state, suspected_since), (State::Leak, Some(3)));
            assert_eq!((since, at), (Some(0), 35), "36 collections");
            return;
        }
    }
    panic!("it is no leak");
}

#[test]
fn a_cache_that_fills_is_a_suspect_at_most_and_recovers() {
    for seed in 0..20 {
        let mut fills = heap(25, 10.0, 0.15, 0.2, seed);
        fills.extend(heap(60, 13.75, 0.0, 0.2, seed + 100));
        let said = states(&fills);
        assert!(!said.contains(&State::Leak), "seed {seed}: {said:?}");
        if said.contains(&State::Suspect) {
            assert_eq!(said.last(), Some(&State::Recovered), "seed {seed}");
        }
    }
}

#[test]
fn what_wavers_about_what_it_has_filled_is_not_suspicious_again() {
    // It fills, falls to a lower level, and rises from there.
    let fills_and = |second: &[u64]| {
        let mut fills = heap(25, 10.0, 0.3, 0.1, 31);
        fills.extend(heap(30, 17.3, 0.0, 0.1, 32));
        fills.extend(heap(2, 13.0, 0.0, 0.1, 33));
        fills.extend(second);
        states(&fills)
    };
    let once = [State::Suspect, State::Recovered];
    assert_eq!(fills_and(&heap(30, 13.0, 0.12, 0.1, 34)), once);
    let above = fills_and(&heap(60, 13.0, 0.12, 0.1, 34));
    assert_eq!(
        above[..3],
        [State::Suspect, State::Recovered, State::Suspect]
    );
}

#[test]
fn what_has_fallen_back_has_recovered_whatever_captures_would_tell() {
    // An index that is built anew beside the old one: a recorded series, in units of 10 kB.
    let rebuilt = [
        948, 946, 948, 983, 967, 940, 900, 914, 1043, 916, 1008, 967, 1073, 1013, 1075, 1020, 1098,
        1133, 1140, 1119, 1215, 1135, 1263, 1180, 1262, 1331, 976, 991, 955, 1001, 974, 1037, 985,
        987, 961, 978, 958, 1030, 981, 968, 1100, 957, 974,
    ];
    let fell_at = 26;
    let mut trend = Trend::default();
    trend.await_paths();
    let said = verdicts_of(trend, &rebuilt.map(|live| live * 10_000));
    let &[.., (suspect, State::Suspect), (recovered, State::Recovered)] = said.as_slice() else {
        panic!("{said:?}");
    };
    assert!(suspect < fell_at && recovered <= fell_at + 10, "{said:?}");
}

#[test]
fn a_former_peak_is_forgotten() {
    let mut trend = Trend::default();
    let mut fills = heap(25, 10.0, 0.3, 0.1, 41);
    fills.extend(heap(30, 17.3, 0.0, 0.1, 42));
    let states: Vec<State> = series(&fills)
        .iter()
        .flat_map(|reading| trend.observe(reading))
        .map(|leak| leak.state)
        .collect();
    assert_eq!(states, [State::Suspect, State::Recovered]);
    let peak = trend.courses[0].recovery.map(|recovery| recovery.at);
    let recovered_at = peak.expect("it has recovered");
    let until = recovered_at + READINGS as u64;
    assert!(trend.courses[0].former_peak(until - 1).is_some());
    assert!(trend.courses[0].former_peak(until).is_none());
    assert_eq!(trend.explain()[0].checks.len(), 5);
}

#[test]
fn tides_and_steps_are_no_leaks() {
    let mut random = Noise::new(3);
    let tides: Vec<u64> = (0..200)
        .map(|at| ((12.0 + 3.0 * (f64::from(at) / 8.0).sin() + 0.2 * random.gauss()) * MB) as u64)
        .collect();
    assert!(!states(&tides).contains(&State::Leak));
    let mut step = heap(30, 10.0, 0.0, 0.2, 4);
    step.extend(heap(60, 16.0, 0.0, 0.2, 5));
    assert!(!states(&step).contains(&State::Leak));
}

#[test]
fn growth_that_begins_late_is_found_too() {
    let mut late = heap(200, 10.0, 0.0, 0.2, 6);
    late.extend(heap(64, 10.0, 0.2, 0.2, 7));
    let said = verdicts(&late);
    assert!(
        said.iter()
            .any(|(at, state)| *at > 200 && *state == State::Leak),
        "{said:?}"
    );
}

#[test]
fn growth_that_is_too_slow_for_the_newest_readings_is_found_by_the_older_ones() {
    // 1.6 % in 64 full collections.
    let said = verdicts(&heap(600, 100.0, 0.026, 0.5, 13));
    let [(suspect, State::Suspect), (leak, State::Leak)] = said[..] else {
        panic!("{said:?}");
    };
    assert!(suspect > 64 && leak < 600, "{said:?}");
    assert_eq!(states(&heap(600, 100.0, 0.0, 0.5, 14)), []);
}

#[test]
fn a_suspicion_that_lasts_is_judged_by_all_of_its_time() {
    // 4 % in 64: enough to be suspicious, too little to be a leak by that alone.
    let said = verdicts(&heap(400, 100.0, 0.065, 0.3, 15));
    let [(suspect, State::Suspect), (leak, State::Leak)] = said[..] else {
        panic!("{said:?}");
    };
    assert!(suspect < leak && leak < 250, "{said:?}");
}

#[test]
fn a_series_times_a_constant_or_at_another_time_gives_the_same_verdict() {
    for seed in 0..20 {
        let small = heap(64, 10.0, 0.01 * seed as f64, 0.2, seed);
        let large: Vec<u64> = small.iter().map(|bytes| bytes * 64).collect();
        assert_eq!(verdicts(&small), verdicts(&large), "seed {seed}");
        let mut trend = Trend::default();
        let mut later = Vec::new();
        for (at, mut reading) in series(&small).into_iter().enumerate() {
            reading.at_ns += 1 << 50;
            reading.at_unix_us += 1 << 40;
            later.extend(trend.observe(&reading).iter().map(|leak| (at, leak.state)));
        }
        assert_eq!(verdicts(&small), later, "seed {seed}");
    }
}

#[test]
fn what_is_constant_is_nothing() {
    assert_eq!(states(&[50 << 20; 200]), []);
    assert_eq!(states(&[0; 200]), []);
}

/// The stated rates, for series of 64 readings: which share is suspicious for a while, by how much a reading
/// resembles the one before. Less than one in 2,000 is called a leak.
#[test]
fn stationary_noise_is_rarely_suspicious_and_hardly_ever_a_leak() {
    const STATED: [(f64, u32); 4] = [(0.0, 25), (0.3, 50), (0.6, 150), (0.9, 400)];
    const SERIES: u64 = 2_500;
    let mut leaks = 0;
    for (at, (likeness, per_mille)) in STATED.into_iter().enumerate() {
        let mut suspects = 0;
        for seed in 0..SERIES {
            let deviation = [0.01, 0.03, 0.1][seed as usize % 3];
            let values = Noise::new(seed + at as u64 * SERIES).autocorrelated(64, likeness);
            let live: Vec<u64> = values
                .iter()
                .map(|value| ((1.0 + deviation * value).max(0.1) * 50.0 * MB) as u64)
                .collect();
            let said = states(&live);
            suspects += u32::from(said.contains(&State::Suspect));
            leaks += u32::from(said.contains(&State::Leak));
        }
        let found = suspects * 1000 / SERIES as u32;
        assert!(
            found < per_mille,
            "{found} of 1,000 at a likeness of {likeness}"
        );
    }
    assert!(leaks < 5, "{leaks} of 10,000");
}

/// The same for as long as blocks are kept: less than one series in 100 of 512 readings is called a leak.
#[test]
fn long_stationary_noise_is_hardly_ever_a_leak() {
    const SERIES: u64 = 400;
    let mut leaks = 0;
    for seed in 0..SERIES {
        let likeness = [0.0, 0.3, 0.6, 0.9][seed as usize % 4];
        let values = Noise::new(seed).autocorrelated(512, likeness);
        let live: Vec<u64> = values
            .iter()
            .map(|value| ((1.0 + 0.03 * value) * 50.0 * MB) as u64)
            .collect();
        leaks += u32::from(states(&live).contains(&State::Leak));
    }
    assert!(leaks < 4, "{leaks} of {SERIES}");
}

#[test]
fn what_was_asked_for_is_not_looked_at() {
    let mut trend = Trend::default();
    for mut reading in series(&heap(64, 10.0, 0.2, 0.0, 1)) {
        reading.forced = true;
        assert_eq!(trend.observe(&reading), []);
    }
}

fn growing_paths(collections: u64, counts: &[u64]) -> PathGrowth {
    PathGrowth {
        captured_at: (1..=counts.len() as u64)
            .map(|at| (collections + 5 * at).saturating_sub(5 * counts.len() as u64))
            .collect(),
        heap_bytes: vec![10 << 20; counts.len()],
        paths: vec![super::super::GrowingPath {
            text: "global object → .cache (Map)".into(),
            class: "Map".into(),
            counts: counts.to_vec(),
            reached_bytes: 100 << 20,
        }],
    }
}

#[test]
fn paths_that_grow_confirm_a_slow_leak_and_are_named() {
    let slow = heap(64, 10.0, 0.04, 0.2, 8);
    let mut trend = Trend::default();
    let mut named = None;
    for reading in series(&slow) {
        if let Some(leak) = trend
            .observe(&reading)
            .into_iter()
            .find(|leak| leak.state == State::Leak)
        {
            named = Some(leak);
        }
        if trend.wants_evidence().is_some() {
            let collections = trend.collections();
            trend.take_paths(growing_paths(collections, &[100, 200, 300]));
        }
    }
    let leak = named.expect("it is a leak");
    assert_eq!(leak.paths[0].class, "Map");
    assert!(
        leak.evidence
            .iter()
            .any(|one| one.signal == "growing-paths")
    );
}

#[test]
fn paths_that_have_stopped_hold_a_verdict_back() {
    let mut grows = Trend::default();
    let mut said = Vec::new();
    for reading in series(&heap(58, 10.0, 0.1, 0.1, 9)) {
        said.extend(grows.observe(&reading).into_iter().map(|leak| leak.state));
        if grows.wants_evidence().is_some() {
            let collections = grows.collections();
            grows.take_paths(growing_paths(collections, &[100, 200, 300, 300]));
        }
    }
    assert_eq!(said, [State::Suspect]);
}

#[test]
fn what_captures_are_about_to_tell_is_waited_for() {
    let mut stops = heap(20, 10.0, 0.25, 0.05, 21);
    stops.extend(heap(60, 15.0, 0.0, 0.05, 22));
    // At which collection it is a suspicion, and at which none any more.
    let told = |paths: Option<&[u64]>, are_awaited: bool| {
        let mut trend = Trend::default();
        let mut told = Vec::new();
        for (at, reading) in series(&stops).iter().enumerate() {
            told.extend(trend.observe(reading).iter().map(|leak| (at, leak.state)));
            if are_awaited {
                trend.await_paths();
            }
            if let (Some(paths), Some(_)) = (paths, trend.wants_evidence()) {
                let collections = trend.collections();
                trend.take_paths(growing_paths(collections, paths));
            }
        }
        let [(suspect, State::Suspect), (recovered, State::Recovered)] = told[..] else {
            panic!("{told:?}");
        };
        (suspect, recovered)
    };
    let (suspect, alone) = told(None, false);
    let (_, awaiting) = told(None, true);
    let (_, denied) = told(Some(&[100, 200, 300, 300]), true);
    assert!(
        alone < awaiting && denied < awaiting,
        "{alone} {awaiting} {denied}"
    );
    assert!(awaiting >= suspect + FIRST_CAPTURES as usize, "{awaiting}");
}

#[test]
fn paths_decide_where_the_series_is_not_sure() {
    // It waves as it grows: by the series alone it goes on for longer.
    let waves: Vec<u64> = heap(70, 10.0, 0.06, 0.2, 23)
        .iter()
        .enumerate()
        .map(|(at, bytes)| bytes + ((at as f64 / 6.0).sin() * 0.4 * MB) as u64)
        .collect();
    let leak_at = |paths: Option<&[u64]>| {
        let mut trend = Trend::default();
        for (at, reading) in series(&waves).iter().enumerate() {
            let said = trend.observe(reading);
            if said.iter().any(|leak| leak.state == State::Leak) {
                return Some(at);
            }
            if let (Some(paths), Some(_)) = (paths, trend.wants_evidence()) {
                let collections = trend.collections();
                trend.take_paths(growing_paths(collections, paths));
            }
        }
        None
    };
    let confirmed = leak_at(Some(&[100, 200, 300])).expect("it is a leak");
    assert!(confirmed < 50, "{confirmed}");
    assert!(leak_at(None).is_none_or(|alone| alone > confirmed));
}

#[test]
fn each_doubt_waits_for_another_capture() {
    // The standard deviations that the verdicts tell.
    let trends = |paths: &[u64]| -> Vec<f64> {
        let mut trends = Vec::new();
        for seed in 0..40 {
            let mut trend = Trend::default();
            for reading in series(&heap(60, 10.0, 0.05, 0.8, seed)) {
                for leak in trend.observe(&reading) {
                    if leak.state == State::Leak {
                        let text = &leak.evidence[0].detail;
                        let words: Vec<_> = text.split(' ').collect();
                        let at = words.iter().position(|word| *word == "standard");
                        let number = words[at.expect("it tells") - 1].parse();
                        trends.push(number.expect("a number"));
                    }
                }
                if trend.wants_evidence().is_some() {
                    let collections = trend.collections();
                    trend.take_paths(growing_paths(collections, paths));
                }
            }
        }
        trends
    };
    let (three, four) = (trends(&[100, 200, 300]), trends(&[100, 200, 300, 400]));
    assert!(three.iter().all(|z| *z >= CLEAR_TREND), "{three:?}");
    assert!(four.iter().any(|z| *z < CLEAR_TREND), "{four:?}");
    assert!(!three.is_empty());
    // Paths that have grown by little are a doubt, too.
    let (four, five) = (
        trends(&[1000, 1050, 1100, 1150]),
        trends(&[1000, 1050, 1100, 1150, 1200]),
    );
    assert!(four.iter().all(|z| *z >= CLEAR_TREND), "{four:?}");
    assert!(five.iter().any(|z| *z < CLEAR_TREND), "{five:?}");
    assert!(!four.is_empty());
}

#[test]
fn buffers_are_external_and_the_rest_of_resident_memory_is_native() {
    for (kind, field) in [(Kind::External, 0), (Kind::Native, 1)] {
        let mut trend = Trend::default();
        let mut said = Vec::new();
        let mut random = Noise::new(10);
        for (at, mut reading) in series(&heap(80, 10.0, 0.0, 0.2, 11))
            .into_iter()
            .enumerate()
        {
            let grown = ((at as f64 + random.gauss()) * MB) as u64;
            reading.heap_total_bytes = 20 << 20;
            reading.external_bytes = 4 << 20;
            reading.memory.rss_bytes = Some(60 << 20);
            if field == 0 {
                reading.external_bytes += grown;
            }
            reading.memory.rss_bytes = reading.memory.rss_bytes.map(|rss| rss + grown);
            said.extend(
                trend
                    .observe(&reading)
                    .into_iter()
                    .map(|leak| (leak.kind, leak.state)),
            );
        }
        assert_eq!(said, [(kind, State::Suspect), (kind, State::Leak)]);
    }
}

#[test]
fn it_explains_each_test_and_what_a_leak_takes() {
    let mut trend = Trend::default();
    for reading in series(&heap(30, 10.0, 0.2, 0.1, 12)) {
        trend.observe(&reading);
    }
    let [heap, external, native] = &trend.explain()[..] else {
        panic!("three kinds of memory");
    };
    assert_eq!((heap.state, heap.checks.len()), (Some(State::Suspect), 5));
    assert!(heap.needed_collections > 30);
    assert_eq!((external.state, native.state), (None, None));
}

#[test]
fn an_explanation_after_the_verdict_tells_what_the_verdict_took() {
    let mut trend = Trend::default();
    let mut taken = None;
    for reading in series(&heap(60, 10.0, 0.2, 0.1, 12)) {
        let said = trend.observe(&reading);
        let needed = trend.explain()[0].needed_collections;
        if said.iter().any(|leak| leak.state == State::Leak) {
            taken = Some(needed);
        }
        if taken.is_none() && trend.wants_evidence().is_some() {
            let collections = trend.collections();
            trend.take_paths(growing_paths(collections, &[100, 200, 300]));
        }
        // Captures end with the suspicion.
        assert!(taken.is_none_or(|taken| taken == needed), "{taken:?}");
    }
    assert!(taken.is_some());
}

#[test]
fn memory_that_does_not_change_is_explained_in_numbers() {
    let mut trend = Trend::default();
    for reading in series(&[50 << 20; 20]) {
        trend.observe(&reading);
    }
    let found = trend.explain();
    assert!(
        found
            .iter()
            .flat_map(|one| &one.checks)
            .all(|check| check.found.is_finite())
    );
}
