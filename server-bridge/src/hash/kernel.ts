/**
 * The SIMD kernel: twelve messages at once in WebAssembly (`server-bridge/wasm/md5.ts`). Files are read straight into
 * its memory. Where V8 gains nothing from it, calibration chooses the portable kernel (guide/performance.md §2.2).
 */
import { createHash } from 'node:crypto';
import { KERNEL_WASM } from './kernel-wasm.js';
import { createCryptoLanes, MOST_MESSAGES, PADDING, type Lanes } from './lanes.js';

interface KernelExports {
  add(index: number, pointer: number, length: number): void;
  run(count: number): void;
}

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** The part of WebAssembly that is used here; Node's types leave it to the browser's. */
interface WebAssemblyApi {
  Memory: new (limits: { initial: number }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: unknown };
}

const PAGE = 65_536;
/** As in `md5.ts`. */
const DIGESTS = 1024 + 512 * 8;
const ARENA = 16_384;

/** The SIMD kernel, or null where WebAssembly or its SIMD is missing or it gives wrong digests. */
export function createSimdLanes(arenaBytes: number): Lanes | null {
  const api = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;
  if (api === undefined) {
    return null;
  }
  const memory = new api.Memory({ initial: Math.ceil((ARENA + arenaBytes + 2 * PADDING) / PAGE) });
  let kernel: KernelExports;
  try {
    const module = new api.Module(Buffer.from(KERNEL_WASM, 'base64'));
    const instance = new api.Instance(module, { env: { memory, abort: () => undefined } });
    kernel = instance.exports as KernelExports;
  } catch {
    return null;
  }
  const lanes = wrap(kernel, memory, arenaBytes);
  return isRight(lanes) ? lanes : null;
}

function wrap(kernel: KernelExports, memory: Memory, arenaBytes: number): Lanes {
  const arena = new Uint8Array(memory.buffer, ARENA, arenaBytes);
  let count = 0;
  let end = 0;
  return {
    kernel: 'simd',
    arena,
    get count() {
      return count;
    },
    reserve(size) {
      return count < MOST_MESSAGES && end + size + PADDING + 64 <= arenaBytes ? end : -1;
    },
    commit(offset, size) {
      kernel.add(count, ARENA + offset, size);
      end = (offset + size + PADDING + 63) & ~63;
      return count++;
    },
    run() {
      kernel.run(count);
      const digests = new Uint8Array(memory.buffer, DIGESTS, count * 16);
      count = 0;
      end = 0;
      return digests;
    }
  };
}

const EDGES = [0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 1000, 4096, 5000];

/** A wrong digest would corrupt a cache: the kernel must agree with node:crypto on a full batch before it may be used. */
function isRight(lanes: Lanes): boolean {
  const messages = Array.from({ length: MOST_MESSAGES }, (_, n) => {
    const size = EDGES[n] ?? (n * 37) % 700;
    return Uint8Array.from({ length: size }, (_byte, i) => (i * 31 + n) & 255);
  });
  for (const bytes of messages) {
    const offset = lanes.reserve(bytes.length);
    lanes.arena.set(bytes, offset);
    lanes.commit(offset, bytes.length);
  }
  const digests = Buffer.from(lanes.run());
  return messages.every((bytes, i) =>
    createHash('md5')
      .update(bytes)
      .digest()
      .equals(digests.subarray(i * 16, i * 16 + 16))
  );
}

/** The faster of the kernels on this machine, found by a trial of about a millisecond each. */
export function createLanes(arenaBytes: number): Lanes {
  const simd = createSimdLanes(arenaBytes);
  if (simd === null) {
    return createCryptoLanes(arenaBytes);
  }
  const crypto = createCryptoLanes(64 * 8192);
  trial(simd);
  trial(crypto);
  return trial(simd) <= trial(crypto) ? simd : createCryptoLanes(arenaBytes);
}

/** Milliseconds for 48 messages of 5 KiB, the best of three. */
function trial(lanes: Lanes): number {
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 48; i++) {
      lanes.commit(lanes.reserve(5120), 5120);
    }
    const begin = performance.now();
    lanes.run();
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}
