import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinMessages, splitMessage } from '../../src/protocol/parts.js';
import { MAX_FRAME } from '../../src/protocol/wire.js';

test('a message of any size comes back, and no frame is larger than the limit (N51)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.integer({ min: 0, max: 60_000 }), (text, times) => {
      const message = { jsonrpc: '2.0', params: text.repeat(times) };
      const join = joinMessages();
      let joined: object | undefined;
      for (const frame of splitMessage(JSON.stringify(message))) {
        expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(MAX_FRAME);
        expect(joined).toBeUndefined();
        joined = join(frame);
      }
      expect(joined).toEqual(message);
    }),
    { numRuns: 40 }
  );
});

test('parts out of order are refused', () => {
  const frames = [...splitMessage(JSON.stringify({ a: 'x'.repeat(MAX_FRAME) }))];
  const join = joinMessages();
  expect(() => join(frames[1] ?? '')).toThrow(/out of order/);
});

test('a frame that is no object is refused', () => {
  expect(() => joinMessages()('[1]')).toThrow(/JSON object/);
  expect(() => joinMessages()('{')).toThrow();
});
