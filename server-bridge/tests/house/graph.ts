import ts from 'typescript';
import { posix } from 'node:path';

/** The table of `rooms.json`: who may import whom, and who may open which door. */
export interface Rooms {
  rooms: Record<string, string[]>;
  packagesOnly: Record<string, string[]>;
  doors: Record<string, { modules: string[]; rooms: string[] }>;
  browser: { bridgeRoom: string; forbidden: string[] };
}

const BRIDGE = 'server-bridge/src/';

/** Room of a source file: a folder of the bridge, `entry` for the files directly in it, `browser` for `src/`. */
export function roomOf(path: string): string | undefined {
  if (path.startsWith('src/')) return 'browser';
  if (!path.startsWith(BRIDGE)) return undefined;
  const [first, ...rest] = path.slice(BRIDGE.length).split('/');
  return rest.length > 0 ? first : 'entry';
}

/** Every module that a source names: static, type-only and dynamic imports, re-exports and `require`. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(file => file.fileName);
}

/** The source that a relative import means (`./x.js` is written for `./x.ts`), or undefined when there is none. */
function sourceOf(from: string, target: string, files: ReadonlyMap<string, string>): string | undefined {
  const path = posix.normalize(posix.join(posix.dirname(from), target));
  const stem = path.replace(/\.[cm]?js$/, '');
  const candidates = [path, `${stem}.ts`, `${stem}.tsx`, `${stem}.d.ts`, `${stem}/index.ts`, `${stem}/index.tsx`];
  return candidates.find(candidate => files.has(candidate));
}

function externalFinding(room: string, target: string, table: Rooms): string | undefined {
  const name = target.replace(/^node:/, '');
  if (room === 'browser') {
    const known = table.browser.forbidden.includes(target) || target.startsWith('node:');
    if (known) return 'is not for the browser';
    return target.search(/^@jupyterlab\/[^/]+\/lib\//) === 0 ? 'is a deep path of a shared package' : undefined;
  }
  const only = table.packagesOnly[room];
  if (only && !only.includes(name)) return `is not among the packages of ${room}`;
  for (const [door, { modules, rooms }] of Object.entries(table.doors)) {
    if (modules.includes(name) && !rooms.includes(room)) return `opens the door to ${door}`;
  }
  return undefined;
}

function innerFinding(room: string, there: string | undefined, table: Rooms): string | undefined {
  if (there === undefined || there === room) return undefined;
  if (room === 'browser') return there === table.browser.bridgeRoom ? undefined : `leads into ${there}`;
  if (there === 'browser') return 'leads into the browser';
  return table.rooms[room]?.includes(there) ? undefined : `leads from ${room} to ${there}`;
}

/** One line for each import of `files` (path → text) that the table does not allow, or that leads nowhere. */
export function findings(files: ReadonlyMap<string, string>, table: Rooms): string[] {
  const found: string[] = [];
  for (const [path, text] of files) {
    const room = roomOf(path);
    if (room === undefined) continue;
    if (room !== 'browser' && !(room in table.rooms)) found.push(`${path}: room ${room} is not in the table`);
    for (const target of importsOf(text)) {
      const say = (why: string | undefined): void => void (why && found.push(`${path}: ${target} ${why}`));
      if (!target.startsWith('.')) say(externalFinding(room, target, table));
      else if (target.search(/\.(svg|css|json|wasm)$/) >= 0) continue;
      else {
        const source = sourceOf(path, target, files);
        say(source === undefined ? 'leads nowhere' : innerFinding(room, roomOf(source), table));
      }
    }
  }
  return found;
}

/** Rooms in an order in which each stands after all that it may import; throws when the table itself has a circle. */
export function layers(table: Rooms): string[] {
  const done: string[] = [];
  const visit = (room: string, above: string[]): void => {
    if (above.includes(room)) throw new Error(`circle: ${[...above, room].join(' → ')}`);
    if (done.includes(room)) return;
    for (const below of table.rooms[room] ?? []) visit(below, [...above, room]);
    done.push(room);
  };
  for (const room of Object.keys(table.rooms)) visit(room, []);
  return done;
}
