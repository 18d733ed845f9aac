import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import table from '../../rooms.json' with { type: 'json' };
import { findings, layers, roomOf } from './graph.js';

const ROOT = resolve(import.meta.dirname, '../../..');

function sources(): Map<string, string> {
  const files = new Map<string, string>();
  for (const top of ['server-bridge/src', 'src']) {
    for (const entry of readdirSync(join(ROOT, top), { recursive: true, withFileTypes: true })) {
      const path = relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/');
      if (entry.isFile() && /\.tsx?$/.test(path) && !path.includes('__tests__')) {
        files.set(path, readFileSync(join(ROOT, path), 'utf8'));
      }
    }
  }
  return files;
}

describe('the import graph of the project', () => {
  it('follows the table of rooms', () => {
    const files = sources();
    expect(files.size).toBeGreaterThan(5);
    expect(findings(files, table)).toEqual([]);
  });

  it('has a table without circles, with protocol at the bottom and the programs on top', () => {
    const order = layers(table);
    expect(order[0]).toBe('protocol');
    expect(order.indexOf('service')).toBeLessThan(order.indexOf('cli'));
    expect(() => layers({ ...table, rooms: { a: ['b'], b: ['a'] } })).toThrow('circle');
  });
});

describe('what the walk finds', () => {
  const look = (files: Record<string, string>): string[] => findings(new Map(Object.entries(files)), table);
  const io = { 'server-bridge/src/io/files.ts': "import fs from 'node:fs';" };

  it('knows the room of a file', () => {
    expect(roomOf('server-bridge/src/main.ts')).toBe('entry');
    expect(roomOf('server-bridge/src/store/links/reflink.ts')).toBe('store');
    expect(roomOf('src/views/panel.tsx')).toBe('browser');
    expect(roomOf('bench/run.mjs')).toBeUndefined();
  });

  it.each([
    ['a static import upwards', "import { x } from '../io/files.js';"],
    ['a type', "import type { x } from '../io/files.js';"],
    ['a re-export', "export * from '../io/files.js';"],
    ['a dynamic import', "const x = await import('../io/files.js');"]
  ])('refuses %s from formats to io', (_, text) => {
    expect(look({ ...io, 'server-bridge/src/formats/a.ts': text })).toEqual([
      'server-bridge/src/formats/a.ts: ../io/files.js leads from formats to io'
    ]);
  });

  it('refuses the disk, processes and the network outside their doors', () => {
    expect(look({ 'server-bridge/src/store/a.ts': "import { statSync } from 'fs';" })).toHaveLength(1);
    expect(look({ 'server-bridge/src/pipeline/a.ts': "import { spawn } from 'node:child_process';" })).toHaveLength(1);
    expect(look({ 'server-bridge/src/workspace/a.ts': "import net from 'node:net';" })).toHaveLength(1);
    expect(look(io)).toEqual([]);
  });

  it('keeps protocol to zod, the browser to protocol, and the command line to service', () => {
    const inside = {
      'server-bridge/src/protocol/a.ts': "import { z } from 'zod';",
      'server-bridge/src/store/s.ts': '',
      'src/ok.ts': "import { z } from '../server-bridge/src/protocol/a.js';"
    };
    expect(look(inside)).toEqual([]);
    expect(look({ 'server-bridge/src/protocol/a.ts': "import { parse } from 'yaml';" })).toHaveLength(1);
    expect(look({ ...inside, 'src/a.ts': "import '../server-bridge/src/store/s.js';" })).toHaveLength(1);
    expect(look({ 'src/a.ts': "import 'ws'; import 'node:path'; import '@jupyterlab/cells/lib/x';" })).toHaveLength(3);
    expect(look({ ...inside, 'server-bridge/src/cli/a.ts': "import '../store/s.js';" })).toHaveLength(1);
  });

  it('refuses a room without a name in the table and an import that leads nowhere', () => {
    expect(look({ 'server-bridge/src/attic/a.ts': '' })).toHaveLength(1);
    expect(look({ 'server-bridge/src/io/a.ts': "import './gone.js';" })).toHaveLength(1);
  });
});
