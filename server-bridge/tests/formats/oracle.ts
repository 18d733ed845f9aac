import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import { DateValue, OpaqueValue, isList, isMapping, pythonTypeName } from '../../src/formats/value.js';
import type { Scalar, Value } from '../../src/formats/value.js';
import { pythonFloat } from '../../src/formats/pythonjson.js';

/** A value as it travels to and from Python. */
export type Tagged = null | boolean | string | { [tag: string]: unknown };

/** What the pinned dvc answered: a value, or the class and words of its error. */
export interface Answer {
  ok?: unknown;
  error?: string;
  message?: string;
}

export type Ask = (call: string, ...args: unknown[]) => Promise<Answer>;

/** The environment of the project's own Python, which holds the pinned dvc. */
function python(): string {
  const own = join(import.meta.dirname, '../../../.venv/bin/python');
  return existsSync(own) ? own : 'python3';
}

/** Starts one Python for the tests of a file; it ends with them. Answers come in the order of the questions. */
export function startOracle(): Ask {
  const child = spawn(python(), [join(import.meta.dirname, 'oracle.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', line => waiting.shift()?.resolve(JSON.parse(line) as Answer));
  child.on('exit', code => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`the oracle ended with ${code}`));
  });
  afterAll(() => {
    child.stdin.end();
    child.kill();
  });
  return (call, ...args) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify({ call, args })}\n`);
    });
}

export function tag(value: Value): Tagged {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return { i: String(value) };
  if (typeof value === 'number') return { f: pythonFloat(value) };
  if (value instanceof DateValue) return { d: pythonTypeName(value) };
  if (value instanceof OpaqueValue) return { o: value.pythonType };
  if (isList(value)) return { l: value.map(tag) };
  return { m: isMapping(value) ? [...value].map(([key, item]) => [tag(key), tag(item)]) : [] };
}

export function untag(tagged: unknown): Value {
  if (tagged === null || typeof tagged === 'boolean' || typeof tagged === 'string') return tagged;
  const { i, f, l, m, d } = tagged as { i?: string; f?: string; l?: unknown[]; m?: [unknown, unknown][]; d?: string };
  if (i !== undefined) return BigInt(i);
  if (f !== undefined) return f === 'inf' ? Infinity : f === '-inf' ? -Infinity : f === 'nan' ? NaN : Number(f);
  if (l) return l.map(untag);
  if (m) return new Map(m.map(([key, value]): [Scalar, Value] => [untag(key) as Scalar, untag(value)]));
  return new DateValue(d ?? '');
}
