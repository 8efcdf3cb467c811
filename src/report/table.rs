//! Tables for terminals: columns under each other, and names from a heap made harmless.
#![forbid(unsafe_code)]

/// Longer names are cut.
const WIDEST_NAME: usize = 80;

/// Rows of cells; numbers stand right, the last column, which has the names, left.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with nothing but its heading.
    pub fn new(heading: &[&str]) -> Self {
        let heading = heading.iter().map(|cell| (*cell).to_owned()).collect();
        Self {
            rows: vec![heading],
        }
    }

    /// Adds a row of as many cells as the heading has.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// The lines of the table, each indented by two.
    pub fn lines(&self) -> Vec<String> {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).enumerate();
            let cells = cells.map(|(column, (cell, &width))| match column + 1 == columns {
                true => format!("  {cell}"),
                false => format!("  {cell:>width$}"),
            });
            cells.collect::<String>()
        };
        self.rows.iter().map(line).collect()
    }
}

/// A name as it may be printed: one line, no control characters, not too long.
pub fn printable(name: &str) -> String {
    printable_within(name, WIDEST_NAME)
}

/// The same, cut after `widest` characters.
pub fn printable_within(name: &str, widest: usize) -> String {
    let mut safe = String::new();
    for (at, one) in name.chars().enumerate() {
        if at == widest {
            safe.push('…');
            break;
        }
        // Formatting characters can reorder a line as control characters can repaint it.
        match one {
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                safe.extend(one.escape_unicode());
            }
            _ if one.is_control() || matches!(one, '\u{2028}' | '\u{2029}') => {
                safe.extend(one.escape_default());
            }
            _ => safe.push(one),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_names_left() {
        let mut table = Table::new(&["count", "class"]);
        table.push(vec!["5".into(), "Map".into()]);
        table.push(vec!["1234567".into(), "Ünï".into()]);
        let expected = ["    count  class", "        5  Map", "  1234567  Ünï"];
        assert_eq!(table.lines(), expected);
    }

    #[test]
    fn a_name_cannot_write_to_the_terminal() {
        assert_eq!(printable("a\x1b[2J\nb\u{202e}"), "a\\u{1b}[2J\\nb\\u{202e}");
        assert_eq!(printable(&"ü".repeat(100)).chars().count(), 81);
    }
}
