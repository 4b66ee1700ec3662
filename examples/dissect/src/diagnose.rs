//! The output that analyses: hands units on to the output of packets where that is wanted, and says
//! at the end of a capture what happened.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use crate::analysis::Analysis;
use crate::findings;
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
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.analysis.finish(summary);
        let findings = findings::check(&self.analysis);
        if self.options.packets {
            self.print.separate()?;
        }
        let name = self.name.as_deref().filter(|_| self.options.named);
        Report {
            out: self.print.out(),
            style: self.options.style,
        }
        .write(name, &self.analysis, &findings)?;
        if let Some(ladder) = &self.ladder {
            if self.options.ladder {
                text::write(self.print.out(), ladder, self.options.style)?;
                writeln!(self.print.out())?;
            }
            if let Some(path) = &self.options.svg {
                let mut file = BufWriter::new(File::create(path)?);
                svg::write(&mut file, ladder)?;
                file.flush()?;
            }
        }
        self.print.finish(summary)?;
        if self.options.named {
            writeln!(self.print.out())?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.print.flush()
    }
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
}

impl<W: Write + Send> Output for Records<W> {
    fn start(&mut self, file: usize, name: Option<&str>) -> io::Result<()> {
        self.json.start(file, name)
    }

    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64> {
        self.analysis.note(unit);
        let number = self.json.unit(unit)?;
        self.transactions()?;
        Ok(number)
    }

    fn tcp(&mut self, origin: &Origin, event: TcpEvent) -> io::Result<()> {
        self.analysis.tcp(origin, event);
        self.json.tcp(origin, event)
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.analysis.finish(summary);
        self.transactions()?;
        let analysis = &self.analysis;
        for flow in &analysis.flows {
            self.json
                .record("flow", |line| records::flow(line, analysis, flow))?;
        }
        for finding in findings::check(analysis) {
            self.json
                .record("finding", |line| records::finding(line, &finding))?;
        }
        self.json.finish(summary)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.json.flush()
    }
}
