//! A set of object ids: a bitmap in chunks, because ids are dense in places and sparse over all.
#![forbid(unsafe_code)]

const CHUNK_WORDS: usize = 512;
const CHUNK_IDS: u32 = CHUNK_WORDS as u32 * 64;

/// About one bit an object; a lone id costs a chunk of 4 KiB, and ids up to the largest 8 bytes a chunk.
#[derive(Debug, Default)]
pub struct IdSet {
    chunks: Vec<Option<Box<[u64; CHUNK_WORDS]>>>,
    len: u64,
}

impl IdSet {
    /// Adds an id; `false` when it was there.
    pub fn insert(&mut self, id: u32) -> bool {
        let (chunk, word, bit) = place(id);
        if chunk >= self.chunks.len() {
            self.chunks.resize_with(chunk + 1, || None);
        }
        let chunk = self.chunks[chunk].get_or_insert_with(|| Box::new([0; CHUNK_WORDS]));
        let new = chunk[word] & bit == 0;
        chunk[word] |= bit;
        self.len += u64::from(new);
        new
    }

    pub fn contains(&self, id: u32) -> bool {
        let (chunk, word, bit) = place(id);
        self.chunks
            .get(chunk)
            .and_then(Option::as_ref)
            .is_some_and(|chunk| chunk[word] & bit != 0)
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Chunk, word in it, bit in that.
fn place(id: u32) -> (usize, usize, u64) {
    (
        (id / CHUNK_IDS) as usize,
        (id % CHUNK_IDS / 64) as usize,
        1 << (id % 64),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_far_apart_are_all_found_and_no_others() {
        let mut set = IdSet::default();
        let ids = [0, 1, 63, 64, CHUNK_IDS - 1, CHUNK_IDS, 7_000_001, u32::MAX];
        for id in ids {
            assert!(set.insert(id));
            assert!(!set.insert(id));
        }
        assert_eq!(set.len(), ids.len() as u64);
        assert!(ids.iter().all(|id| set.contains(*id)));
        assert!(
            ![2, 65, CHUNK_IDS + 1, u32::MAX - 1]
                .iter()
                .any(|id| set.contains(*id))
        );
    }
}
