//! The output that analyzes: hands units on to the output of packets where that is wanted, and says
//! at the end of a capture what happened.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::findings::{self, Finding};
use crate::json::Json;
use crate::ladder::{Ladder, svg, text};
use crate::print::Print;
use crate::records;
use crate::report::Report;
use crate::style::Style;
use crate::unit::{Origin, Output, Summary, TcpEvent, Unit};

/// The output in addition to the summary.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Print every packet before the summary.
    pub packets: bool,
    pub style: Style,
    /// Print the ladder diagram after the findings and flows.
    pub ladder: bool,
    /// Write the ladder diagram to this file.
    pub svg: Option<PathBuf>,
    /// Print the name of the file, since there are several.
    pub named: bool,
}

/// The summary as text.
pub struct Text<W> {
    print: Print<W>,
    options: Options,
    analysis: Analysis,
    ladder: Option<Ladder>,
    name: Option<String>,
    units: u64,
    /// The findings about flows that are closed.
    closed: Vec<Finding>,
}

impl<W: Write + Send> Text<W> {
    pub fn new(print: Print<W>, options: Options) -> Self {
        let wants_ladder = options.ladder || options.svg.is_some();
        Self {
            print,
            options,
            analysis: Analysis::default(),
            ladder: wants_ladder.then(Ladder::default),
            name: None,
            units: 0,
            closed: Vec::new(),
        }
    }

    fn close_idle(&mut self) {
        if let Some((idle, findings)) = idle(&mut self.analysis) {
            self.closed.extend(findings);
            self.closed.truncate(MOST_CLOSED);
            self.analysis.close(&idle);
        }
    }
}

impl<W: Write + Send> Output for Text<W> {
    fn start(&mut self, file: usize, name: Option<&str>) -> io::Result<()> {
        self.name = name.map(str::to_owned);
        self.print.start(file, name)
    }

    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64> {
        if let Some(noted) = self.analysis.note(unit)
            && let Some(ladder) = &mut self.ladder
        {
            ladder.note(&self.analysis, unit, noted);
        }
        self.close_idle();
        self.units += 1;
        // A single message has no summary.
        if self.options.packets || unit.origin.elapsed.is_none() {
            return self.print.unit(unit);
        }
        Ok(self.units)
    }

    fn tcp(&mut self, origin: &Origin, event: TcpEvent) -> io::Result<()> {
        if let Some(noted) = self.analysis.tcp(origin, event)
            && let Some(ladder) = &mut self.ladder
        {
            ladder.tcp(&self.analysis, origin, event, noted);
        }
        self.close_idle();
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.analysis.finish(summary);
        let mut findings = std::mem::take(&mut self.closed);
        findings.extend(findings::check(&self.analysis));
        findings::sort(&mut findings);
        if self.options.packets {
            self.print.separate()?;
        }
        let name = self.name.as_deref().filter(|_| self.options.named);
        Report {
            out: self.print.out(),
            style: self.options.style,
        }
        .write(name, &self.analysis, &findings)?;
        if let Some(ladder) = &self.ladder
            && self.options.ladder
        {
            text::write(self.print.out(), ladder, self.options.style)?;
            writeln!(self.print.out())?;
        }
        self.print.finish(summary)?;
        if self.options.named {
            writeln!(self.print.out())?;
        }
        if let (Some(ladder), Some(path)) = (&self.ladder, &self.options.svg) {
            picture(path, ladder).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.print.flush()
    }
}

fn picture(path: &Path, ladder: &Ladder) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    svg::write(&mut file, ladder)?;
    file.flush()
}

/// Number of findings about closed flows that the summary as text keeps.
const MOST_CLOSED: usize = 10_000;

/// Ends the flows that were idle for the longest time, if there are very many. Returns their indices and the
/// findings about them. They are still to be closed.
fn idle(analysis: &mut Analysis) -> Option<(Vec<usize>, Vec<Finding>)> {
    if !analysis.is_full() {
        return None;
    }
    let idle = analysis.idle();
    let mut findings = findings::check(analysis);
    // A finding about other flows too is not repeated when these are closed.
    let is_idle = |number: &usize| idle.binary_search(&(number - 1)).is_ok();
    findings.retain(|finding| finding.flows.iter().any(is_idle));
    Some((idle, findings))
}

/// The records of the analysis after and between those of packets.
pub struct Records<W> {
    json: Json<W>,
    analysis: Analysis,
}

impl<W: Write + Send> Records<W> {
    pub fn new(json: Json<W>) -> Self {
        Self {
            json,
            analysis: Analysis::default().with_transactions(),
        }
    }

    fn transactions(&mut self) -> io::Result<()> {
        for finished in self.analysis.take_finished() {
            let analysis = &self.analysis;
            self.json.record("transaction", |line| {
                records::transaction(line, analysis, &finished);
            })?;
        }
        Ok(())
    }

    /// Writes the records of flows and of findings.
    fn flows(&mut self, indices: &[usize], findings: &[Finding]) -> io::Result<()> {
        let analysis = &self.analysis;
        for flow in indices
            .iter()
            .filter_map(|&index| analysis.flows.get(index))
        {
            self.json
                .record("flow", |line| records::flow(line, analysis, flow))?;
        }
        for finding in findings {
            self.json
                .record("finding", |line| records::finding(line, finding))?;
        }
        Ok(())
    }

    fn close_idle(&mut self) -> io::Result<()> {
        if let Some((idle, findings)) = idle(&mut self.analysis) {
            self.transactions()?;
            self.flows(&idle, &findings)?;
            self.analysis.close(&idle);
        }
        Ok(())
    }
}

impl<W: Write + Send> Output for Records<W> {
    fn start(&mut self, file: usize, name: Option<&str>) -> io::Result<()> {
        self.json.start(file, name)
    }

    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64> {
        self.analysis.note(unit);
        let number = self.json.unit(unit)?;
        self.transactions()?;
        self.close_idle()?;
        Ok(number)
    }

    fn tcp(&mut self, origin: &Origin, event: TcpEvent) -> io::Result<()> {
        self.analysis.tcp(origin, event);
        self.json.tcp(origin, event)?;
        self.close_idle()
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.analysis.finish(summary);
        self.transactions()?;
        let all = self.analysis.flows.indices();
        self.flows(&all, &findings::check(&self.analysis))?;
        self.json.finish(summary)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.json.flush()
    }
}
