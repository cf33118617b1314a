//! An object that can be read from any position. Sequential reads are prefetched, so that they do not wait for each
//! response of the store.

use crate::{ArtefactError, ArtefactStore};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use jac_logs::BytesAt;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore};
use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};
use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

/// Bytes that are fetched at once.
const BLOCK: u64 = 4 << 20;
/// Number of prefetched blocks in sequential reads.
const AHEAD: u64 = 6;
/// Blocks that are kept behind it: several threads read near each other.
const BEHIND: u64 = 3;
/// Maximum number of kept blocks: 64 MiB.
const KEPT: usize = 16;

/// An object, for reading on a thread that may block.
#[derive(Debug)]
pub struct ObjectBytes {
    object: Arc<Object>,
    runtime: Handle,
    blocks: Mutex<Blocks>,
}

#[derive(Debug)]
struct Object {
    store: ArtefactStore,
    meta: ObjectMeta,
}

type Block = Shared<BoxFuture<'static, Result<Bytes, ArtefactError>>>;

#[derive(Debug, Default)]
struct Blocks {
    fetched: BTreeMap<u64, Block>,
    /// The oldest first.
    order: VecDeque<u64>,
    /// The furthest that was read of late.
    newest: Option<u64>,
}

impl ObjectBytes {
    pub(crate) fn new(store: ArtefactStore, meta: ObjectMeta, runtime: Handle) -> Self {
        Self { object: Arc::new(Object { store, meta }), runtime, blocks: Mutex::default() }
    }

    /// A block; in sequential reads also the following ones.
    fn block(&self, number: u64) -> Block {
        let last = self.object.meta.size.saturating_sub(1) / BLOCK;
        let mut blocks = self.lock();
        let in_order = blocks.newest.is_some_and(|newest| number == newest + 1 || number == newest);
        let ahead = if in_order { AHEAD } else { 0 };
        blocks.newest = Some(number);
        for number in number..=(number + ahead).min(last) {
            let Blocks { fetched, order, .. } = &mut *blocks;
            if let Entry::Vacant(vacant) = fetched.entry(number) {
                let block = fetch(Arc::clone(&self.object), number).boxed().shared();
                // It continues in the background.
                self.runtime.spawn(block.clone());
                vacant.insert(block);
                order.push_back(number);
            }
        }
        if in_order {
            let Blocks { fetched, order, .. } = &mut *blocks;
            order.retain(|known| known + BEHIND >= number);
            fetched.retain(|known, _| known + BEHIND >= number);
        }
        while blocks.order.len() > KEPT {
            let Some(oldest) = blocks.order.pop_front() else { break };
            blocks.fetched.remove(&oldest);
        }
        // A block that was read long ago may just have been evicted.
        blocks.fetched.get(&number).cloned().unwrap_or_else(|| fetch(Arc::clone(&self.object), number).boxed().shared())
    }

    /// A piece that could not be fetched is requested again at the next read.
    fn forget(&self, number: u64) {
        let mut blocks = self.lock();
        blocks.fetched.remove(&number);
        blocks.order.retain(|known| *known != number);
    }

    fn lock(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn range(number: u64, size: u64) -> Range<u64> {
    number * BLOCK..((number + 1) * BLOCK).min(size)
}

async fn fetch(object: Arc<Object>, number: u64) -> Result<Bytes, ArtefactError> {
    let Object { store, meta } = object.as_ref();
    let options = GetOptions {
        range: Some(GetRange::Bounded(range(number, meta.size))),
        // Pieces of two versions of an object would make up an object that never existed.
        if_match: meta.e_tag.clone(),
        ..GetOptions::default()
    };
    let got = async { store.objects.get_opts(&meta.location, options).await?.bytes().await };
    got.await.map_err(|error| store.failed(&error))
}

impl BytesAt for ObjectBytes {
    fn size(&self) -> std::io::Result<u64> {
        Ok(self.object.meta.size)
    }

    fn read_exact_at(&self, mut into: &mut [u8], mut position: u64) -> std::io::Result<()> {
        if position.saturating_add(into.len() as u64) > self.object.meta.size {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        while !into.is_empty() {
            let number = position / BLOCK;
            let bytes = self.runtime.block_on(self.block(number)).map_err(|error| {
                self.forget(number);
                Error::other(error)
            })?;
            let begin = usize::try_from(position - number * BLOCK).map_err(Error::other)?;
            let there = bytes.get(begin..).unwrap_or_default();
            if there.is_empty() {
                return Err(Error::other("the store returned less than requested"));
            }
            let count = there.len().min(into.len());
            into[..count].copy_from_slice(&there[..count]);
            into = &mut into[count..];
            position += count as u64;
        }
        Ok(())
    }
}
