//! Times of several ways to do one job, taken in turns, so that what else the machine does falls on
//! all of them alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rounds of a row: each measures every way once, beginning with another.
const ROUNDS: usize = 401;

/// What one round spends on one way, about.
const SLICE: Duration = Duration::from_micros(20);

/// One way to do the job.
pub struct Way<'a> {
    pub name: &'static str,
    job: Box<dyn FnMut() -> bool + 'a>,
}

impl<'a> Way<'a> {
    /// `job` says whether the answer was right. It must be every time.
    pub fn new(name: &'static str, job: impl FnMut() -> bool + 'a) -> Self {
        let job = Box::new(job);
        Self { name, job }
    }

    /// The same of a job on bytes that the compiler cannot know.
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
    /// Time over the floor's time of the same round: lower quartile, median, upper quartile.
    pub ratio: [f64; 3],
    pub allocations: u64,
}

/// Measures a row. The floor is the first way.
pub fn measure(mut ways: Vec<Way<'_>>) -> Vec<Result> {
    let mut allocations = Vec::new();
    for way in &mut ways {
        assert!((way.job)(), "{} gives another answer", way.name);
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
    let floor = times[0].clone();
    ways.iter()
        .zip(times)
        .zip(allocations)
        .map(|((way, times), allocations)| Result {
            name: way.name,
            ratio: quartiles(times.iter().zip(&floor).map(|(time, floor)| time / floor)),
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

/// How often a job runs in a slice of time; this also warms it up.
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
