import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonText } from '../../src/cli/output.js';
import { byteText, progressLine, progressText } from '../../src/cli/progress.js';

interface Told {
  stream: NodeJS.WriteStream;
  text: () => string;
}

/** A stream that remembers; only what a progress line uses of a terminal. */
function terminal(isTTY: boolean): Told {
  let all = '';
  const stream = { isTTY, columns: 60, write: (chunk: string) => ((all += chunk), true) };
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => all };
}

describe('JSON as Python prints it', () => {
  test.each([false, true])('indented: %s', indented => {
    const values = fc.sample(fc.jsonValue({ noUnicodeString: false, maxDepth: 3 }), { numRuns: 60, seed: 7 });
    const whole = values.filter(value => !JSON.stringify(value).match(/\d[.eE]|-0/));
    const program = `import json,sys\nfor v in json.load(sys.stdin): print(json.dumps(json.dumps(v, indent=${indented ? 2 : 'None'})))`;
    const python = spawnSync('python3', ['-c', program], {
      input: JSON.stringify(whole),
      encoding: 'utf8',
      timeout: 30_000
    });
    const wanted = python.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as string);
    expect(whole.length).toBeGreaterThan(20);
    expect(whole.map(value => jsonText(value, indented))).toEqual(wanted);
  });

  test('a Map keeps its order, names that look like numbers too', () => {
    const value = new Map<string, unknown>([
      ['b', 1n],
      ['10', [new Map([['é', null]])]],
      ['2', {}]
    ]);
    expect(jsonText(value, false)).toBe('{"b": 1, "10": [{"\\u00e9": null}], "2": {}}');
  });
});

describe('progress', () => {
  const done = (files: number): { files: number; bytes: number; totalFiles: number; totalBytes: number } => ({
    files,
    bytes: files * 10,
    totalFiles: 100,
    totalBytes: 1000
  });

  test('is drawn at once, then not too often, and goes away', () => {
    let now = 0;
    const { stream, text } = terminal(true);
    const line = progressLine('Adding', stream, () => now);
    expect(text()).toContain('Adding…');
    line.update(done(1));
    now = 150;
    line.update(done(50));
    const drawn = text();
    now = 160;
    line.update(done(51));
    expect(text()).toBe(drawn);
    line.end();
    expect(text().endsWith('\r\u001b[2K')).toBe(true);
    line.end();
  });

  test('says nothing where no person is looking', () => {
    const { stream, text } = terminal(false);
    const line = progressLine('Adding', stream);
    line.update(done(50));
    line.end();
    expect(text()).toBe('');
  });

  test('has a total, a rate and the time that is left', () => {
    expect(progressText('Adding', done(50), 5)).toMatch(
      /^Adding: █{12}░{12} {2}50 % {2}50\/100 files {2}10\/s {2}5 s left$/
    );
    const large = { files: 1, bytes: 40e6, totalFiles: 2, totalBytes: 80e6 };
    expect(progressText('Adding', large, 1)).toContain('40.0 MB/80.0 MB  40.0 MB/s  1 s left');
    expect(progressText('Looking', { files: 3, bytes: 0, totalFiles: 0, totalBytes: 0 }, 1)).toBe('Looking: 3  3/s');
  });

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [1.5e9, '1.5 GB'],
    [3e15, '3000.0 TB']
  ])('%d bytes are %s', (bytes, text) => expect(byteText(bytes)).toBe(text));
});
