//! The ladder as a picture.

use std::io::{self, Write};

use super::{Kind, Ladder, Row};

/// Pixels.
const ROW: usize = 24;
const TOP: usize = 34;
const TIME: usize = 84;
const MARGIN: usize = 80;
const RIGHT: usize = 150;
const NARROWEST: usize = 300;
const WIDEST: usize = 520;
const WIDTH: usize = 1100;

/// The addresses are repeated after this many rows.
const PAGE: usize = 40;

/// Pixels of a letter of the labels, on average.
const LETTER: usize = 7;

/// Draws the ladder.
pub fn write(out: &mut impl Write, ladder: &Ladder) -> io::Result<()> {
    let hosts = ladder.hosts.len().max(1);
    let gap = ((WIDTH - TIME - RIGHT - 2 * MARGIN) / (hosts - 1).max(1)).clamp(NARROWEST, WIDEST);
    let pages = ladder.rows.len().div_ceil(PAGE).max(1);
    let width = TIME + 2 * MARGIN + gap * (hosts - 1) + RIGHT;
    let height = pages * TOP + ladder.rows.len() * ROW + 2 * ROW;
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="DejaVu Sans, Verdana, sans-serif" font-size="12">"#
    )?;
    writeln!(
        out,
        r#"<rect width="{width}" height="{height}" fill="white"/>"#
    )?;
    for index in 0..hosts {
        let x = lifeline(index, gap);
        writeln!(
            out,
            r##"<line x1="{x}" y1="{TOP}" x2="{x}" y2="{}" stroke="#c4c9d0"/>"##,
            height - ROW
        )?;
    }
    for (page, rows) in ladder.rows.chunks(PAGE).enumerate() {
        let top = page * (TOP + PAGE * ROW);
        header(out, ladder, gap, top)?;
        for (index, row) in rows.iter().enumerate() {
            draw(out, row, gap, width, top + TOP + index * ROW + ROW - 6)?;
        }
    }
    if ladder.left_out > 0 {
        writeln!(
            out,
            r##"<text x="12" y="{}" fill="#57606a">{} more messages are not drawn</text>"##,
            height - 8,
            ladder.left_out
        )?;
    }
    writeln!(out, "</svg>")
}

fn lifeline(index: usize, gap: usize) -> usize {
    TIME + MARGIN + index * gap
}

fn header(out: &mut impl Write, ladder: &Ladder, gap: usize, top: usize) -> io::Result<()> {
    for (index, host) in ladder.hosts.iter().enumerate() {
        let x = lifeline(index, gap);
        let name = host.to_string();
        let width = name.chars().count() * 8 + 16;
        writeln!(
            out,
            r##"<rect x="{}" y="{}" width="{width}" height="22" rx="4" fill="#eaeef2" stroke="#8c959f"/>"##,
            x.saturating_sub(width / 2),
            top + 6
        )?;
        writeln!(
            out,
            r#"<text x="{x}" y="{}" text-anchor="middle" font-weight="bold">{}</text>"#,
            top + 21,
            escape(&name)
        )?;
    }
    Ok(())
}

fn draw(out: &mut impl Write, row: &Row, gap: usize, width: usize, y: usize) -> io::Result<()> {
    let (color, dash) = match row.kind {
        Kind::Request => ("#0b57d0", ""),
        Kind::Success => ("#137333", ""),
        Kind::Error => ("#c5221f", ""),
        Kind::Indication => ("#6b4fbb", r#" stroke-dasharray="6 3""#),
        Kind::Data => ("#57606a", r#" stroke-width="2""#),
        Kind::Event => ("#9a6700", ""),
    };
    let (from, to) = (lifeline(row.from, gap), lifeline(row.to, gap));
    let time = row.first.time;
    writeln!(
        out,
        r##"<text x="12" y="{y}" fill="#57606a">{}.{:03}</text>"##,
        time.as_secs(),
        time.subsec_millis()
    )?;
    writeln!(
        out,
        r#"<line x1="{from}" y1="{y}" x2="{to}" y2="{y}" stroke="{color}"{dash}/>"#
    )?;
    arrow_head(out, to, from < to, y, color)?;
    if row.goes_back {
        arrow_head(out, from, to < from, y, color)?;
    }
    let text = row.text();
    let room = from.abs_diff(to).saturating_sub(24) / LETTER;
    let (shown, is_short) = shorten(&text, room);
    let middle = (from + to) / 2;
    write!(
        out,
        r#"<text x="{middle}" y="{}" text-anchor="middle" fill="{color}" stroke="white" stroke-width="4" paint-order="stroke">{}"#,
        y - 4,
        escape(&shown)
    )?;
    if is_short {
        write!(out, "<title>{}</title>", escape(&text))?;
    }
    writeln!(out, "</text>")?;
    writeln!(
        out,
        r##"<text x="{}" y="{y}" fill="#57606a">frame {}, flow {}</text>"##,
        width - RIGHT + 14,
        row.first.frame,
        row.flow
    )
}

fn arrow_head(
    out: &mut impl Write,
    x: usize,
    points_right: bool,
    y: usize,
    color: &str,
) -> io::Result<()> {
    let base = if points_right { x - 8 } else { x + 8 };
    writeln!(
        out,
        r#"<path d="M{x} {y} L{base} {} L{base} {} Z" fill="{color}"/>"#,
        y - 4,
        y + 4
    )
}

fn shorten(text: &str, width: usize) -> (String, bool) {
    if text.chars().count() <= width {
        return (text.to_owned(), false);
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    (short, true)
}

/// Escapes text for XML: captured text may contain any character.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '"' => escaped += "&quot;",
            letter if letter.is_control() => escaped.push('\u{FFFD}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
