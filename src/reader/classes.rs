//! How many objects of each class there are: what one walk tells, without a graph.

use std::collections::HashMap;

use super::describe::{has_one_kind, kind_of};
use super::heap::{ByMap, Heap, MapInfo};
use super::layout::Class;
use super::memory::AddressMap;
use super::names::{MAX_NAME, Names, Naming};
use super::tags::{each_tag, has_tags};
use super::walk::Visitor;
use crate::snapshot::NodeKind;

/// What V8's snapshots call the memory of buffers.
pub const BUFFER_DATA: &str = "system / JSArrayBufferData";

/// A class of objects, as DevTools calls it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClassCount {
    pub kind: NodeKind,
    /// Of objects and of what is native; other kinds are a class each.
    pub name: Option<String>,
    pub count: u64,
    pub bytes: u64,
}

#[derive(Clone, Copy, Default)]
struct Count {
    objects: u64,
    bytes: u64,
}

/// What is known of the objects of a map.
#[derive(Clone, Copy)]
enum Counted {
    /// All are of this kind, and of this name if it has any.
    Alike(NodeKind, Option<Naming>, Count),
    Each,
}

/// Counts objects by map, and one by one where their map does not tell enough.
pub struct Counter {
    names: Names,
    by_map: ByMap<Counted>,
    one_by_one: HashMap<(NodeKind, Option<Naming>), Count>,
    tagged: AddressMap<NodeKind>,
    /// Bytes of buffers, by the address of their memory.
    stores: AddressMap<u64>,
}

impl Counter {
    pub fn new(names: Names) -> Self {
        Self {
            names,
            by_map: ByMap::default(),
            one_by_one: HashMap::new(),
            tagged: AddressMap::default(),
            stores: AddressMap::default(),
        }
    }

    /// The classes; those with most bytes first.
    pub fn finish(mut self, heap: &mut Heap) -> Vec<ClassCount> {
        for counted in std::mem::take(&mut self.by_map).into_values() {
            if let Counted::Alike(kind, naming, count) = counted {
                self.add(kind, naming, count);
            }
        }
        let tagged = std::mem::take(&mut self.tagged);
        let mut classes: HashMap<(NodeKind, Option<String>), Count> = HashMap::new();
        for ((kind, naming), count) in self.one_by_one {
            let name = naming.map(|naming| heap.name_text(naming));
            classes.entry((kind, name)).or_default().add(count);
        }
        if !self.stores.is_empty() {
            let bytes = self.stores.values().sum();
            let objects = self.stores.len() as u64;
            classes.insert(
                (NodeKind::Native, Some(BUFFER_DATA.into())),
                Count { objects, bytes },
            );
        }
        // What was counted as an array is code, or a shape, by what refers to it.
        for (object, kind) in tagged {
            let Some(info) = heap
                .map_info(object)
                .filter(|_| heap.memory.is_marked(object))
            else {
                continue;
            };
            let bytes = heap
                .size_of(object, info)
                .map_or(0, |bytes| heap.told_size(object, info, bytes));
            let counted = kind_of(heap, object, info);
            if let Some(class) = classes.get_mut(&(counted, None)) {
                class.objects = class.objects.saturating_sub(1);
                class.bytes = class.bytes.saturating_sub(bytes);
                classes
                    .entry((kind, None))
                    .or_default()
                    .add(Count { objects: 1, bytes });
            }
        }
        let mut classes: Vec<ClassCount> = classes
            .into_iter()
            .map(|((kind, name), count)| ClassCount {
                kind,
                name,
                count: count.objects,
                bytes: count.bytes,
            })
            .collect();
        classes.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        classes
    }

    fn add(&mut self, kind: NodeKind, naming: Option<Naming>, count: Count) {
        self.one_by_one
            .entry((kind, naming))
            .or_default()
            .add(count);
    }

    #[inline(never)]
    fn look(&mut self, heap: &mut Heap, object: usize, info: MapInfo) -> Counted {
        let counted = match has_one_kind(info) {
            false => Counted::Each,
            true => {
                let kind = kind_of(heap, object, info);
                match self.naming(heap, object, info, kind) {
                    Some(Naming::PerObject) => Counted::Each,
                    naming => Counted::Alike(kind, naming, Count::default()),
                }
            }
        };
        self.by_map.set(info, counted);
        counted
    }

    fn naming(
        &mut self,
        heap: &mut Heap,
        object: usize,
        info: MapInfo,
        kind: NodeKind,
    ) -> Option<Naming> {
        match kind {
            NodeKind::Object if info.number >= heap.layout.first_object => {
                Some(self.names.of_map(heap, object, info))
            }
            NodeKind::Object => Some(Naming::Own("system / Context")),
            NodeKind::Native => Some(Naming::System(info.kind.name)),
            _ => None,
        }
    }
}

impl Visitor for Counter {
    #[inline(always)]
    fn object(&mut self, heap: &mut Heap, object: usize, info: MapInfo, bytes: usize) {
        if info.kind.class == Class::ArrayBuffer {
            let store = heap.memory.word(object + heap.layout.buffer_store);
            if store != 0 {
                let bytes = heap.memory.word(object + heap.layout.buffer_bytes);
                self.stores.entry(store).or_insert(bytes as u64);
            }
        }
        if has_tags(info) {
            each_tag(heap, object, info, bytes, &mut |target, tag| {
                self.tagged.insert(target, tag.kind);
            });
        }
        let bytes = heap.told_size(object, info, bytes);
        if let Some(Counted::Alike(_, _, count)) = self.by_map.get_mut(info) {
            count.objects += 1;
            count.bytes += bytes;
            return;
        }
        let one = Count { objects: 1, bytes };
        if let Counted::Alike(..) = self.look(heap, object, info) {
            if let Some(Counted::Alike(_, _, count)) = self.by_map.get_mut(info) {
                count.add(one);
            }
            return;
        }
        let kind = kind_of(heap, object, info);
        let naming = match self.naming(heap, object, info, kind) {
            Some(Naming::PerObject) => Some(self.names.of_object(heap, object, info)),
            naming => naming,
        };
        self.add(kind, naming, one);
    }
}

impl Count {
    fn add(&mut self, other: Self) {
        self.objects += other.objects;
        self.bytes += other.bytes;
    }
}

impl Heap {
    /// A name as text.
    pub fn name_text(&mut self, naming: Naming) -> String {
        match naming {
            Naming::Heap(name) => self.text(name, MAX_NAME).unwrap_or_default(),
            Naming::Own(name) => name.to_owned(),
            Naming::System(name) => format!("system / {name}"),
            Naming::PerObject => String::new(),
        }
    }
}
