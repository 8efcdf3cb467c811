//! From the position of a node's first field, which is how files name nodes, to the node.
#![forbid(unsafe_code)]

use super::header::MAX_FIELDS;
use super::records::narrow;
use crate::error::Error;
use crate::snapshot::index::NodeIndex;

/// Turns the position of a node's first field into the node, without a division.
#[derive(Clone, Copy, Debug)]
pub struct NodeFields {
    pub count: u64,
    /// 2^64 / count, rounded up: multiplying by it and keeping the upper half divides exactly for
    /// every dividend up to 2^32 * count, since count * count * 2^32 < 2^64 for 32 fields.
    reciprocal: u128,
}

impl NodeFields {
    pub fn new(fields: usize) -> Self {
        let fields = fields as u64;
        Self {
            count: fields,
            reciprocal: (1u128 << 64).div_ceil(u128::from(fields)),
        }
    }

    #[inline(always)]
    pub fn node_at(
        &self,
        section: &'static str,
        field: u64,
        offset: u64,
    ) -> Result<NodeIndex, Error> {
        let node = if field <= u64::from(u32::MAX) * MAX_FIELDS as u64 {
            ((u128::from(field) * self.reciprocal) >> 64) as u64
        } else {
            field / self.count
        };
        if node * self.count != field {
            return Err(Error::SnapshotInconsistent {
                section,
                offset,
                expected: format!("the first of {} fields of a node", self.count),
                found: format!("field {field}"),
            });
        }
        Ok(NodeIndex(narrow(section, node, offset)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dividing_by_multiplying_agrees_with_dividing() {
        for fields in 1..=MAX_FIELDS {
            let divisor = NodeFields::new(fields);
            let last = u64::from(u32::MAX);
            for node in [0, 1, 2, 1000, 123_456_789, last - 1, last] {
                let field = node * fields as u64;
                let found = divisor.node_at("edges", field, 0).unwrap();
                assert_eq!(u64::from(found.0), node, "{field} / {fields}");
                assert_eq!(
                    divisor.node_at("edges", field + 1, 0).is_ok(),
                    fields == 1 && node < last
                );
            }
        }
    }
}
