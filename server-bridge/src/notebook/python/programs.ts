/** Python programs that code runs: `runpy`, `subprocess`, `os.system`, `!python script.py` (N26). */
import { argumentsOf } from './calls.js';
import { stringValue } from './literals.js';
import { calleeName, dotted } from './sharing.js';
import type { Py } from './tree.js';

export interface Program {
  /** Path as the code spells it. */
  script?: string;
  /** Module of `python -m`. */
  module?: string;
}

const SPAWNERS = /^(subprocess\.(run|call|check_call|check_output|Popen|getoutput)|check_call|check_output|Popen)$/;
const PYTHON = /^(\S*[\\/])?python[\d.]*(\.exe)?$|sys\.executable/;

/** Scripts and modules of Python that this call certainly runs; with another working directory none are known. */
export function programsOf(call: Py): Program[] {
  const callee = dotted(call.get('function'));
  const args = argumentsOf(call);
  const [first, second] = args;
  if (/^(runpy\.)?run_path$/.test(callee)) {
    return first === undefined ? [] : script(stringValue(first));
  }
  if (/^(runpy\.)?run_module$/.test(callee)) {
    const module = first === undefined ? undefined : stringValue(first);
    return module === undefined ? [] : [{ module }];
  }
  if (calleeName(call) === 'run_line_magic') {
    const command = second === undefined ? undefined : stringValue(second);
    return first !== undefined && stringValue(first) === 'run' ? script(command?.trim().split(/\s+/)[0]) : [];
  }
  const shell =
    /^os\.(system|popen)$/.test(callee) ||
    /^get_ipython\(\)\.(system|getoutput)$/.test(call.get('function')?.text ?? '');
  if (!shell && !SPAWNERS.test(callee)) {
    return [];
  }
  const moved = args.some(arg => arg.type === 'keyword_argument' && arg.get('name')?.text === 'cwd');
  return moved || first === undefined ? [] : ofWords(words(first));
}

function words(node: Py): string[] {
  if (node.type === 'list' || node.type === 'tuple') {
    return node.kids.map(kid => stringValue(kid) ?? kid.text);
  }
  const text = stringValue(node) ?? (node.type === 'string' ? node.text.replace(/^f?["']+|["']+$/gi, '') : '');
  return text.split(/\s+/).filter(Boolean);
}

function ofWords(list: readonly string[]): Program[] {
  const at = list.findIndex(word => PYTHON.test(word));
  if (at < 0) {
    return [];
  }
  const rest = list.slice(at + 1);
  const place = rest.findIndex(word => !word.startsWith('-') || word === '-m' || word === '-c');
  if (rest[place] === '-m') {
    const module = rest[place + 1];
    return module === undefined ? [] : [{ module }];
  }
  return script(rest[place]);
}

function script(path: string | undefined): Program[] {
  return path === undefined || path.startsWith('/') || !/\.py$/.test(path) ? [] : [{ script: path }];
}
