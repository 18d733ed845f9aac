/**
 * Prints which Chromium the tests use, as JSON `{ executablePath, env }`: $CHROMIUM, one on PATH, or the one that lies
 * in the package @sparticuz/chromium (Linux x64; unpacked into .browser). With none it says what to do and fails.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function runnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installed() {
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap(dir => NAMES.map(name => join(dir, name)));
  return [process.env.CHROMIUM, ...onPath].filter(Boolean).find(runnable);
}

/** The headless shell of the package, with the libraries that a bare machine lacks. */
async function packaged() {
  const root = dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')));
  // It unpacks to fixed names below TMPDIR.
  process.env.TMPDIR = join(dirname(fileURLToPath(import.meta.url)), '.browser');
  mkdirSync(process.env.TMPDIR, { recursive: true });
  const { default: chromium } = await import('@sparticuz/chromium');
  const { inflate } = await import(pathToFileURL(join(root, 'build/lambdafs.js')).href);
  const executablePath = await chromium.executablePath();
  const lib = join(await inflate(join(root, 'bin/al2023.tar.br')), 'lib');
  return { executablePath, env: { LD_LIBRARY_PATH: lib } };
}

const path = installed();
try {
  const found = path ? { executablePath: path, env: {} } : await packaged();
  process.stdout.write(JSON.stringify(found));
} catch (error) {
  process.stderr.write(
    `No Chromium for the browser tests (${error instanceof Error ? error.message : error}).\n` +
      '  Next: sudo apt install chromium (or set CHROMIUM=/path/to/chromium)\n'
  );
  process.exitCode = 1;
}
