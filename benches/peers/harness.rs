//! Measures several ways to do one job in turns, so that other load on the machine affects all of them equally.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The rounds of a row. Each measures every way once, and each begins with the next way.
const ROUNDS: usize = 401;

/// The approximate time of one way in a round.
const SLICE: Duration = Duration::from_micros(20);

/// One way to do the job.
pub struct Way<'a> {
    pub name: &'static str,
    job: Box<dyn FnMut() -> bool + 'a>,
}

impl<'a> Way<'a> {
    /// `job` returns whether its result was right, which is asserted.
    pub fn new(name: &'static str, job: impl FnMut() -> bool + 'a) -> Self {
        let job = Box::new(job);
        Self { name, job }
    }

    /// A way whose job reads bytes that are unknown to the compiler.
    pub fn on(
        name: &'static str,
        bytes: &'a [u8],
        mut job: impl FnMut(&[u8]) -> bool + 'a,
    ) -> Self {
        Self::new(name, move || job(black_box(bytes)))
    }
}

/// The result for one way.
pub struct Result {
    pub name: &'static str,
    /// Median, in nanoseconds.
    pub time: f64,
    /// Time divided by the baseline's time in the same round: lower quartile, median, upper quartile.
    pub ratio: [f64; 3],
    pub allocations: u64,
}

/// Measures a row. The baseline is the first way.
pub fn measure(mut ways: Vec<Way<'_>>) -> Vec<Result> {
    let mut allocations = Vec::new();
    for way in &mut ways {
        assert!((way.job)(), "{} has a wrong result", way.name);
        let counted = allocation_counter::measure(|| {
            black_box((way.job)());
        });
        allocations.push(counted.count_total);
    }
    let runs: Vec<u32> = ways.iter_mut().map(|way| runs_of(&mut way.job)).collect();
    let mut times = vec![Vec::new(); ways.len()];
    for round in 0..ROUNDS {
        for turn in 0..ways.len() {
            let index = (round + turn) % ways.len();
            let job = &mut ways[index].job;
            times[index].push(time(job, runs[index]));
        }
    }
    let baseline = times[0].clone();
    ways.iter()
        .zip(times)
        .zip(allocations)
        .map(|((way, times), allocations)| Result {
            name: way.name,
            ratio: quartiles(
                times
                    .iter()
                    .zip(&baseline)
                    .map(|(time, baseline)| time / baseline),
            ),
            time: quartiles(times.iter().copied())[1],
            allocations,
        })
        .collect()
}

fn time(job: &mut dyn FnMut() -> bool, runs: u32) -> f64 {
    let mut right = true;
    let begin = Instant::now();
    for _ in 0..runs {
        right &= black_box(job());
    }
    let time = begin.elapsed().as_secs_f64() * 1e9 / f64::from(runs);
    assert!(right);
    time
}

/// The number of runs that take at least [`SLICE`]; this also warms the job up.
fn runs_of(job: &mut dyn FnMut() -> bool) -> u32 {
    let mut runs = 8;
    loop {
        let begin = Instant::now();
        time(job, runs);
        if begin.elapsed() >= SLICE {
            return runs;
        }
        runs *= 2;
    }
}

fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    [1, 2, 3].map(|quarter| sorted[last * quarter / 4])
}

/// A buffer at the start of a cache line: the time of a copy depends on the alignment of both of its ends.
#[repr(align(64))]
struct Aligned<const N: usize>([u8; N]);

pub fn buffer<const N: usize>() -> &'static mut [u8; N] {
    &mut Box::leak(Box::new(Aligned([0; N]))).0
}
