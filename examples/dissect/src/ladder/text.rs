//! The ladder in a terminal.

use std::io::{self, Write};

use super::{Kind, Ladder, Row};
use crate::style::Style;

/// Columns before the first lifeline.
const TIME: usize = 11;

/// Columns of an address before and after its lifeline.
const MARGIN: usize = 9;

/// Number of columns between two lifelines.
const NARROWEST: usize = 34;
const WIDEST: usize = 64;

/// The intended width.
const WIDTH: usize = 120;

/// The addresses are repeated after this many rows.
const PAGE: usize = 50;

/// Draws the ladder.
pub fn write(out: &mut impl Write, ladder: &Ladder, style: Style) -> io::Result<()> {
    if ladder.rows.is_empty() {
        return writeln!(out, "no messages to draw");
    }
    let gaps = ladder.hosts.len().saturating_sub(1).max(1);
    let gap = (WIDTH - TIME - 2 * MARGIN) / gaps;
    let gap = gap.clamp(NARROWEST, WIDEST);
    for (index, row) in ladder.rows.iter().enumerate() {
        if index % PAGE == 0 {
            header(out, ladder, gap, style)?;
        }
        let time = row.first.time;
        let time = format!("{}.{:03}", time.as_secs(), time.subsec_millis());
        let line = arrow(row, ladder.hosts.len(), gap);
        let line = match row.kind {
            Kind::Error => style.bad(line),
            Kind::Success => style.good(line),
            Kind::Event => style.warning(line),
            Kind::Data => style.title(line),
            Kind::Request | Kind::Indication => Style::PLAIN.strong(line),
        };
        writeln!(
            out,
            "{time:>9}  {line}  frame {}, flow {}",
            row.first.frame, row.flow
        )?;
    }
    if ladder.left_out > 0 {
        writeln!(out, "{} more messages are not drawn", ladder.left_out)?;
    }
    Ok(())
}

/// The addresses, centered above their lifelines.
fn header(out: &mut impl Write, ladder: &Ladder, gap: usize, style: Style) -> io::Result<()> {
    let mut line = String::new();
    let mut columns = 0;
    for (index, host) in ladder.hosts.iter().enumerate() {
        let name = host.to_string();
        let width = name.chars().count();
        let center = TIME + MARGIN + index * gap;
        let start = center
            .saturating_sub(width / 2)
            .max(columns + usize::from(columns > 0));
        line.extend(std::iter::repeat_n(' ', start.saturating_sub(columns)));
        line += &name;
        columns = start + width;
    }
    writeln!(out, "{}", style.strong(line))
}

/// All lifelines of a row, and the arrow over some of them.
fn arrow(row: &Row, hosts: usize, gap: usize) -> String {
    let mut cells: Vec<char> = vec![' '; 2 * MARGIN + gap * hosts.saturating_sub(1)];
    for index in 0..hosts {
        put(&mut cells, MARGIN + index * gap, '│');
    }
    let (from, to) = (MARGIN + row.from * gap, MARGIN + row.to * gap);
    let (left, right) = (from.min(to), from.max(to));
    let (body, to_left, to_right) = match row.kind {
        Kind::Data => ('═', '◀', '▶'),
        Kind::Indication => ('╌', '◀', '▶'),
        _ => ('─', '◀', '▶'),
    };
    let room = right.saturating_sub(left + 1);
    for column in left + 1..right {
        put(&mut cells, column, body);
    }
    if right > left {
        if to == right || row.goes_back {
            put(&mut cells, right - 1, to_right);
        }
        if to == left || row.goes_back {
            put(&mut cells, left + 1, to_left);
        }
    }
    // Between the arrow heads, with a space on each side.
    let text = shorten(&row.text(), room.saturating_sub(6));
    let width = text.chars().count() + 2;
    let start = left + 1 + room.saturating_sub(width) / 2;
    if room >= width {
        let padded = std::iter::once(' ').chain(text.chars()).chain([' ']);
        for (column, letter) in (start..).zip(padded) {
            put(&mut cells, column, letter);
        }
    }
    cells.into_iter().collect()
}

fn put(cells: &mut [char], column: usize, letter: char) {
    if let Some(cell) = cells.get_mut(column) {
        *cell = letter;
    }
}

fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}
