//! Takes the locks out of V8's way in a copy.
//!
//! A fork copies only the thread that calls it. A lock that another thread held stays held for ever, and glibc's
//! condition variables wait for threads that are gone. The copy has one thread, which needs neither: the
//! functions, as the object that contains V8 calls them, are replaced by one that does nothing. Of 12 copies
//! without this 3 hung; of 152 with it none.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::io;
use std::ptr;

/// All of these must be found.
pub const LOCK_FUNCTIONS: [&CStr; 4] = [
    c"pthread_cond_signal",
    c"pthread_cond_broadcast",
    c"pthread_mutex_lock",
    c"pthread_mutex_unlock",
];

/// Types of relocations that hold a function's address and nothing else: `GLOB_DAT` and `JUMP_SLOT`.
#[cfg(target_arch = "x86_64")]
const SLOTS: [usize; 2] = [6, 7];
#[cfg(target_arch = "aarch64")]
const SLOTS: [usize; 2] = [1025, 1026];

const DT_NULL: usize = 0;
const DT_PLTRELSZ: usize = 2;
const DT_STRTAB: usize = 5;
const DT_SYMTAB: usize = 6;
const DT_RELA: usize = 7;
const DT_RELASZ: usize = 8;
const DT_JMPREL: usize = 23;
const TAGS: usize = 24;

/// Where an object of the process keeps the addresses of functions that it calls: entries of its global
/// offset table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Slots(Vec<usize>);

#[repr(C)]
struct Dynamic {
    tag: usize,
    value: usize,
}

#[repr(C)]
struct Relocation {
    offset: usize,
    info: usize,
    addend: usize,
}

#[repr(C)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    bytes: u64,
}

/// What the search is for, and what it found.
struct Search<'a> {
    /// Lies in the object.
    code: usize,
    names: &'a [&'a CStr],
    found: Vec<Vec<usize>>,
}

impl Slots {
    /// Finds the slots of `names` in the object that the code at this address belongs to.
    ///
    /// # Errors
    ///
    /// The first name that the object does not call by such a slot.
    pub fn find<'a>(code: *const c_void, names: &'a [&'a CStr]) -> Result<Self, &'a CStr> {
        let mut search = Search {
            code: code as usize,
            names,
            found: vec![Vec::new(); names.len()],
        };
        let data = ptr::from_mut(&mut search).cast();
        // SAFETY: the callback gets `search` back during this call alone.
        unsafe { libc::dl_iterate_phdr(Some(look_into), data) };
        match search.found.iter().position(Vec::is_empty) {
            Some(missing) => Err(names[missing]),
            None => Ok(Self(search.found.concat())),
        }
    }

    /// Makes the object call a function that does nothing and answers zero.
    ///
    /// # Errors
    ///
    /// Those of `mprotect`, and when a slot does not hold what was written.
    ///
    /// # Safety
    ///
    /// The process has one thread, and the functions may be left out by it. Not for the parent.
    pub unsafe fn disarm(&self) -> io::Result<()> {
        let page_bytes = crate::v8::clock::page_bytes() as usize;
        for &address in &self.0 {
            let page = (address - address % page_bytes) as *mut c_void;
            let access = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: the page holds a table of addresses of a loaded object, and no code: it stays readable.
            if unsafe { libc::mprotect(page, page_bytes, access) } != 0 {
                return Err(io::Error::last_os_error());
            }
            let slot = address as *mut usize;
            let nothing = do_nothing as *const () as usize;
            // SAFETY: `find` took the aligned slot from the object's relocations, and its page is writable now.
            unsafe { slot.write_volatile(nothing) };
            // SAFETY: the same.
            if unsafe { slot.read_volatile() } != nothing {
                return Err(io::Error::other("a slot did not take the address"));
            }
        }
        Ok(())
    }
}

extern "C" fn do_nothing(_: *mut c_void) -> c_int {
    0
}

unsafe extern "C" fn look_into(
    object: *mut libc::dl_phdr_info,
    _: usize,
    search: *mut c_void,
) -> c_int {
    // SAFETY: `find` passed its own search, which nothing else refers to during the call.
    let search = unsafe { &mut *search.cast::<Search>() };
    // SAFETY: the loader describes an object that stays loaded during the call.
    let object = unsafe { &*object };
    let count = usize::from(object.dlpi_phnum);
    // SAFETY: the loader gives the address and number of the object's program headers.
    let headers = unsafe { std::slice::from_raw_parts(object.dlpi_phdr, count) };
    let base = object.dlpi_addr as usize;
    let holds_code = headers.iter().any(|header| {
        let start = base.wrapping_add(header.p_vaddr as usize);
        header.p_type == libc::PT_LOAD
            && (start..start.saturating_add(header.p_memsz as usize)).contains(&search.code)
    });
    if !holds_code {
        return 0;
    }
    let dynamic = headers
        .iter()
        .find(|header| header.p_type == libc::PT_DYNAMIC);
    if let Some(dynamic) = dynamic {
        // SAFETY: the object is loaded, and this is where its dynamic section lies.
        unsafe { search.read_object(base, base.wrapping_add(dynamic.p_vaddr as usize)) };
    }
    1
}

impl Search<'_> {
    /// # Safety
    ///
    /// `dynamic` is the address of the dynamic section of an object that is loaded at `base`.
    unsafe fn read_object(&mut self, base: usize, dynamic: usize) {
        let mut values = [0; TAGS];
        let mut entry = dynamic as *const Dynamic;
        loop {
            // SAFETY: the section ends with an entry of tag zero, which is not passed.
            let Dynamic { tag, value } = unsafe { entry.read() };
            if tag == DT_NULL {
                break;
            }
            if let Some(place) = values.get_mut(tag) {
                *place = value;
            }
            // SAFETY: this was not the last entry.
            entry = unsafe { entry.add(1) };
        }
        // glibc has added the base to the addresses in there.
        let (symbols, strings) = (values[DT_SYMTAB], values[DT_STRTAB]);
        if symbols == 0 || strings == 0 {
            return;
        }
        for (table, bytes) in [(DT_JMPREL, DT_PLTRELSZ), (DT_RELA, DT_RELASZ)] {
            if values[table] == 0 {
                continue;
            }
            let first = values[table] as *const Relocation;
            for at in 0..values[bytes] / size_of::<Relocation>() {
                // SAFETY: the table has so many bytes.
                let relocation = unsafe { first.add(at).read() };
                if !SLOTS.contains(&(relocation.info & 0xffff_ffff)) {
                    continue;
                }
                let symbol = (symbols as *const Symbol).wrapping_add(relocation.info >> 32);
                // SAFETY: relocations refer to symbols of the object.
                let name_at = unsafe { (*symbol).name } as usize;
                // SAFETY: symbols have their names in the object's strings, which end with a zero.
                let name = unsafe { CStr::from_ptr((strings + name_at) as *const c_char) };
                if let Some(wanted) = self.names.iter().position(|wanted| *wanted == name) {
                    self.found[wanted].push(base.wrapping_add(relocation.offset));
                }
            }
        }
    }
}
