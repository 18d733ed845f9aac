import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//;
const LICENCE = /^(licen[cs]e|copying|notice)/i;

/** Licence texts of a package folder, or the name of the licence where it carries no file. */
function textOf(dir, manifest) {
  const files = readdirSync(dir)
    .filter(name => LICENCE.test(name))
    .sort();
  const texts = files.map(name => readFileSync(join(dir, name), 'utf8').trim());
  return texts.join('\n\n') || `Licensed under ${manifest.license ?? 'terms that its manifest does not name'}.`;
}

/** One section for each package that a file of `inputs` (paths relative to `root`) belongs to, in order of name. */
export function licencesOf(root, inputs) {
  const dirs = new Set();
  for (const input of inputs) {
    const match = PACKAGE.exec(input);
    if (match) dirs.add(match[0].slice(0, -1));
  }
  const sections = [...dirs].sort().flatMap(dir => {
    const file = join(root, dir, 'package.json');
    if (!existsSync(file)) return [];
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    const title = `${manifest.name} ${manifest.version} (${manifest.license ?? 'see below'})`;
    return [`${title}\n${'-'.repeat(title.length)}\n${textOf(join(root, dir), manifest)}\n`];
  });
  return `The bridge of Cellar contains these packages.\n\n${sections.join('\n')}`;
}
