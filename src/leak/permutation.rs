//! How likely it is by chance alone that one group of numbers lies so far above another.
#![forbid(unsafe_code)]

/// All ways to deal the numbers to the groups are counted when there are no more than this.
const MOST_DEALS: u64 = 10_000;
/// What a draw begins with: the same numbers give the same answer.
const SEED: u64 = 0x6d65_6d77_6174_6368;

/// The answer of a permutation test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// Share of deals in which the first group lies at least as far above the second; never zero.
    pub p: f64,
    /// Deals that were looked at.
    pub deals: u64,
    /// Whether these were all there are.
    pub is_exact: bool,
}

/// The chance that the mean of `high` lies as far above that of `low`, were it random which number is in which
/// group: one-sided.
///
/// # Complexity
///
/// At most 10,000 sums of both groups.
pub fn chance_of_excess(high: &[f64], low: &[f64]) -> Chance {
    let mut all = [high, low].concat();
    // The groups have fixed sizes, so that the sum of one tells the difference of the means.
    let sum: f64 = high.iter().sum();
    let scale: f64 = all.iter().map(|number| number.abs()).sum();
    // The same numbers in another order may add up to a little less.
    let reached = sum - scale * 1e-12;
    match deals(all.len() as u64, high.len() as u64) {
        Some(deals) => {
            let count = count_deals(&all, high.len(), reached);
            Chance {
                p: count as f64 / deals as f64,
                deals,
                is_exact: true,
            }
        }
        None => {
            let mut random = SplitMix64(SEED);
            let mut count = 0;
            for _ in 0..MOST_DEALS {
                random.deal(&mut all, high.len());
                count += u64::from(all[..high.len()].iter().sum::<f64>() >= reached);
            }
            Chance {
                // What was observed is one of the deals.
                p: (count + 1) as f64 / (MOST_DEALS + 1) as f64,
                deals: MOST_DEALS,
                is_exact: false,
            }
        }
    }
}

/// Ways to choose `chosen` of `count`; `None` when there are more than [`MOST_DEALS`].
fn deals(count: u64, chosen: u64) -> Option<u64> {
    let mut ways = 1u64;
    for at in 0..chosen.min(count - chosen) {
        ways = ways * (count - at) / (at + 1);
        if ways > MOST_DEALS {
            return None;
        }
    }
    Some(ways)
}

/// Ways to choose `chosen` of the numbers that add up to `reached` or more.
fn count_deals(numbers: &[f64], chosen: usize, reached: f64) -> u64 {
    let mut places: Vec<usize> = (0..chosen).collect();
    let mut count = 0;
    loop {
        let sum: f64 = places.iter().map(|at| numbers[*at]).sum();
        count += u64::from(sum >= reached);
        // The next choice in order: the last place that can go up does, those behind it follow on.
        let room = numbers.len() - chosen;
        let Some(turn) = (0..chosen).rfind(|at| places[*at] < at + room) else {
            return count;
        };
        places[turn] += 1;
        for at in turn + 1..chosen {
            places[at] = places[at - 1] + 1;
        }
    }
}

/// Vigna's SplitMix64: small, and good enough to shuffle some dozens of numbers.
#[derive(Debug)]
pub(super) struct SplitMix64(pub(super) u64);

impl SplitMix64 {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// Below `end`.
    fn below(&mut self, end: usize) -> usize {
        // The upper half of the product; what it is off by is below 2^-57 for some dozens.
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    /// Brings a random choice of the numbers to the front.
    fn deal(&mut self, numbers: &mut [f64], chosen: usize) {
        for at in 0..chosen {
            numbers.swap(at, at + self.below(numbers.len() - at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::Noise;
    use super::*;

    #[test]
    fn all_deals_are_counted_when_they_are_few() {
        let chance = chance_of_excess(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0]);
        assert_eq!((chance.p, chance.deals, chance.is_exact), (0.05, 20, true));
        let other = chance_of_excess(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]);
        assert_eq!(other.p, 1.0);
        // 1 + 4 and 2 + 3 reach 5, and so do the four larger pairs; not 1 + 2 and 1 + 3.
        assert_eq!(chance_of_excess(&[1.0, 4.0], &[2.0, 3.0]).p, 4.0 / 6.0);
    }

    #[test]
    fn equal_numbers_are_no_excess() {
        assert_eq!(chance_of_excess(&[0.1; 6], &[0.1; 7]).p, 1.0);
        assert_eq!(chance_of_excess(&[], &[]).p, 1.0);
    }

    #[test]
    fn draws_agree_with_counting() {
        let mut noise = Noise::new(1);
        let low: Vec<f64> = (0..9).map(|_| noise.gauss()).collect();
        let high: Vec<f64> = (0..9).map(|_| noise.gauss() + 0.5).collect();
        let drawn = chance_of_excess(&high, &low);
        assert!(!drawn.is_exact);
        let all = [&high[..], &low[..]].concat();
        let reached = high.iter().sum::<f64>() - 1e-9;
        let counted = count_deals(&all, 9, reached) as f64 / 48_620.0;
        assert!((drawn.p - counted).abs() < 0.02, "{drawn:?} {counted}");
        assert_eq!(chance_of_excess(&high, &low), drawn);
    }

    #[test]
    fn deals_are_counted_up_to_a_limit() {
        assert_eq!(deals(6, 3), Some(20));
        assert_eq!(deals(14, 7), Some(3432));
        assert_eq!(deals(18, 9), None);
        assert_eq!(deals(400, 200), None);
    }

    #[test]
    fn without_a_difference_small_chances_are_as_rare_as_they_say() {
        let mut noise = Noise::new(2);
        let mut rare = 0;
        for _ in 0..1000 {
            let numbers: Vec<f64> = (0..12).map(|_| noise.gauss()).collect();
            rare += u32::from(chance_of_excess(&numbers[..6], &numbers[6..]).p <= 0.05);
        }
        assert!((25..=75).contains(&rare), "{rare}");
    }
}
