// MD5 of many messages at once (AssemblyScript). Twelve lanes in three groups of four: one group's serial chain of adds
// and rotates hides behind the others. A lane that finishes its message takes the next one from the table.
// Messages are padded in place, so there is no code for tails. `build.mjs` writes the 64 steps at the marks
// and asks the compiler to inline where a comment says so (AssemblyScript's decorator is not TypeScript).

const GROUPS: i32 = 3;
const LANES: i32 = GROUPS * 4;

/** Table of messages: u32 pointer, u32 blocks of 64 bytes. */
export const TABLE: usize = 1024;
export const MOST: usize = 512;
/** 16 bytes for each message. */
export const DIGESTS: usize = TABLE + MOST * 8;
/** Where messages may lie. */
export const ARENA: usize = 16384;

const WORDS: usize = DIGESTS + MOST * 16;
const STATES: usize = WORDS + 768;
const POINTERS: usize = STATES + 192;
const STRIDES: usize = POINTERS + 48;
const LEFT: usize = STRIDES + 48;
const OWNERS: usize = LEFT + 48;
/** What an idle lane chews on. */
const IDLE: usize = OWNERS + 48;

/** Pads a message in place (RFC 1321 §3.1, §3.2) and puts it in the table. */
export function add(index: i32, pointer: usize, length: u32): void {
  const blocks: u32 = (length + 9 + 63) >>> 6;
  const end: usize = pointer + (blocks << 6);
  store<u8>(pointer + length, 0x80);
  memory.fill(pointer + length + 1, 0, end - pointer - length - 1);
  store<u64>(end - 8, (<u64>length) << 3);
  store<u32>(TABLE + (index << 3), <u32>pointer);
  store<u32>(TABLE + (index << 3), blocks, 4);
}

function refill(lane: i32, next: i32, count: i32): void {
  const at: usize = lane << 2;
  if (next < count) {
    const state: usize = STATES + ((lane >> 2) << 6) + ((lane & 3) << 2);
    store<u32>(state, 0x67452301);
    store<u32>(state, 0xefcdab89, 16);
    store<u32>(state, 0x98badcfe, 32);
    store<u32>(state, 0x10325476, 48);
    store<u32>(POINTERS + at, load<u32>(TABLE + (next << 3)));
    store<u32>(LEFT + at, load<u32>(TABLE + (next << 3), 4));
    store<u32>(STRIDES + at, 64);
    store<i32>(OWNERS + at, next);
  } else {
    store<u32>(POINTERS + at, <u32>IDLE);
    store<u32>(LEFT + at, u32.MAX_VALUE);
    store<u32>(STRIDES + at, 0);
    store<i32>(OWNERS + at, -1);
  }
}

function finish(lane: i32): void {
  const state: usize = STATES + ((lane >> 2) << 6) + ((lane & 3) << 2);
  const out: usize = DIGESTS + (load<i32>(OWNERS + (lane << 2)) << 4);
  store<u32>(out, load<u32>(state));
  store<u32>(out, load<u32>(state, 16), 4);
  store<u32>(out, load<u32>(state, 32), 8);
  store<u32>(out, load<u32>(state, 48), 12);
}

/** Hashes the first `count` messages of the table. */
export function run(count: i32): void {
  let next: i32 = 0;
  let busy: i32 = 0;
  for (let lane: i32 = 0; lane < LANES; lane++) {
    busy += i32(next < count);
    refill(lane, next, count);
    next++;
  }
  while (busy > 0) {
    let blocks: u32 = u32.MAX_VALUE;
    for (let lane: i32 = 0; lane < LANES; lane++) {
      blocks = min(blocks, load<u32>(LEFT + (lane << 2)));
    }
    rounds(blocks);
    for (let lane: i32 = 0; lane < LANES; lane++) {
      const at: usize = lane << 2;
      if (load<i32>(OWNERS + at) < 0) {
        continue;
      }
      const left: u32 = load<u32>(LEFT + at) - blocks;
      store<u32>(LEFT + at, left);
      if (left == 0) {
        finish(lane);
        busy -= i32(next >= count);
        refill(lane, next, count);
        next++;
      }
    }
  }
}

/** 4 × 4 words of four lanes, turned so that one vector holds the same word of each. */
/* @inline */ function turn(group: i32, part: usize): void {
  const p: usize = POINTERS + (group << 4);
  const r0: v128 = v128.load(<usize>load<u32>(p) + part);
  const r1: v128 = v128.load(<usize>load<u32>(p, 4) + part);
  const r2: v128 = v128.load(<usize>load<u32>(p, 8) + part);
  const r3: v128 = v128.load(<usize>load<u32>(p, 12) + part);
  const t0: v128 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const t1: v128 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const t2: v128 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const t3: v128 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  const out: usize = WORDS + (group << 8) + (part << 2);
  v128.store(out, v128.shuffle<i64>(t0, t1, 0, 2));
  v128.store(out, v128.shuffle<i64>(t0, t1, 1, 3), 16);
  v128.store(out, v128.shuffle<i64>(t2, t3, 0, 2), 32);
  v128.store(out, v128.shuffle<i64>(t2, t3, 1, 3), 48);
}

/* @inline */ function word(group: i32, index: i32): v128 {
  return v128.load(WORDS + (group << 8) + (index << 4));
}

/* @inline */ function mix(sum: v128, b: v128, shift: i32): v128 {
  return i32x4.add(b, v128.or(i32x4.shl(sum, shift), i32x4.shr_u(sum, 32 - shift)));
}

/* @inline */ function f(b: v128, c: v128, d: v128): v128 {
  return v128.xor(d, v128.and(b, v128.xor(c, d)));
}

/* @inline */ function g(b: v128, c: v128, d: v128): v128 {
  return v128.xor(c, v128.and(d, v128.xor(b, c)));
}

/* @inline */ function h(b: v128, c: v128, d: v128): v128 {
  return v128.xor(b, v128.xor(c, d));
}

/* @inline */ function i(b: v128, c: v128, d: v128): v128 {
  return v128.xor(c, v128.or(b, v128.not(d)));
}

function rounds(blocks: u32): void {
  /* @declare */
  for (let n: u32 = 0; n < blocks; n++) {
    for (let group: i32 = 0; group < GROUPS; group++) {
      turn(group, 0);
      turn(group, 16);
      turn(group, 32);
      turn(group, 48);
    }
    /* @before */
    /* @steps */
    /* @after */
    for (let lane: i32 = 0; lane < LANES; lane++) {
      const at: usize = lane << 2;
      store<u32>(POINTERS + at, load<u32>(POINTERS + at) + load<u32>(STRIDES + at));
    }
  }
  /* @keep */
}
