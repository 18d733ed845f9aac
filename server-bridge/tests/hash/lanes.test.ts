import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLanes, createSimdLanes } from '../../src/hash/kernel.js';
import { KERNEL_WASM } from '../../src/hash/kernel-wasm.js';
import { createCryptoLanes, MOST_MESSAGES, type Lanes } from '../../src/hash/lanes.js';
import { compile } from '../../wasm/build.mjs';

const ARENA = 2 * 1024 * 1024;
const simd = createSimdLanes(ARENA);

function digestsOf(lanes: Lanes, messages: readonly Uint8Array[]): string[] {
  const out: string[] = [];
  const flush = (): void => {
    const n = lanes.count;
    const bytes = Buffer.from(lanes.run());
    for (let i = 0; i < n; i++) {
      out.push(bytes.subarray(i * 16, i * 16 + 16).toString('hex'));
    }
  };
  for (const message of messages) {
    let offset = lanes.reserve(message.length);
    if (offset < 0) {
      flush();
      offset = lanes.reserve(message.length);
    }
    expect(offset).toBeGreaterThanOrEqual(0);
    lanes.arena.set(message, offset);
    lanes.commit(offset, message.length);
  }
  flush();
  return out;
}

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

describe.each([
  ['simd', simd],
  ['crypto', createCryptoLanes(ARENA)]
])('%s lanes', (name, lanes) => {
  it('exist on this machine', () => {
    expect(lanes?.kernel).toBe(name);
  });

  it('agree with node:crypto on every size around the block edges', () => {
    const messages = Array.from({ length: 300 }, (_, size) =>
      Uint8Array.from({ length: size }, (_b, i) => (i * 7 + size) & 255)
    );
    expect(digestsOf(lanes as Lanes, messages)).toEqual(messages.map(md5));
  });

  it('agree on full batches of 512 messages, again and again in the same arena', () => {
    for (const seed of [1, 2, 3]) {
      const messages = Array.from({ length: 2 * MOST_MESSAGES + 5 }, (_, n) =>
        Uint8Array.from({ length: (n * 131 * seed) % 5000 }, (_b, i) => (i + n * seed) & 255)
      );
      expect(digestsOf(lanes as Lanes, messages)).toEqual(messages.map(md5));
    }
  });

  it('agree on any mixture of sizes', () => {
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(60_000).map(n => new Uint8Array(n).fill(n & 255))
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), messages => {
        expect(digestsOf(lanes as Lanes, messages)).toEqual(messages.map(md5));
      }),
      { numRuns: 60 }
    );
  });

  it('say when the batch is full', () => {
    const some = lanes as Lanes;
    expect(some.reserve(ARENA)).toBe(-1);
    for (let i = 0; i < MOST_MESSAGES; i++) {
      some.commit(some.reserve(1), 1);
    }
    expect(some.reserve(1)).toBe(-1);
    expect(some.run()).toHaveLength(MOST_MESSAGES * 16);
    expect(some.count).toBe(0);
  });
});

describe('the kernel', () => {
  it('is what its source compiles to', async () => {
    const built = await compile();
    expect(built.toString('base64')).toBe(KERNEL_WASM);
  }, 60_000);

  it('is calibrated to one of the two', () => {
    expect(['simd', 'crypto']).toContain(createLanes(ARENA).kernel);
  });
});
