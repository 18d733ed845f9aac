/** What a statement does besides binding names: state, seeds, dynamic code, things that are refused (N15–N19, N22). */
import { argumentsOf } from './calls.js';
import { calleeName, dotted } from './sharing.js';
import type { Py } from './tree.js';

export interface Refused {
  row: number;
  message: string;
  next: string;
}

export interface Effects {
  /** Sets state of the interpreter or a library (N17). */
  state: boolean;
  /** Seeds the random state: counts where it stands (N46). */
  seed: boolean;
  /** Names cannot be told from the text (N18). */
  dynamic: boolean;
  refused: Refused[];
  /** Names of environment variables that are read (N27). */
  environ: { name: string; row: number }[];
  /** Names of environment variables that are set, at least where they had no value. */
  environSet: string[];
  /** `os.chdir` (N22c). */
  chdir: { row: number; argument: Py | undefined } | null;
}

const STATE_CALL = new RegExp(
  '(^|\\.)(' +
    'set_option|reset_option|set_printoptions|seterr|seterrcall|set_theme|set_style|set_context|set_palette|rcdefaults|rc|' +
    'simplefilter|filterwarnings|resetwarnings|basicConfig|setLevel|addHandler|removeHandler|captureWarnings|' +
    'setrecursionlimit|setswitchinterval|setlocale|set_default_dtype|set_num_threads|set_default_device|' +
    'set_default_tensor_type|use_deterministic_algorithms|set_float32_matmul_precision|register_matplotlib_converters|' +
    'putenv|unsetenv|set_config|set_start_method|set_loglevel|setcontext|set_matplotlib_formats|set_float_precision|' +
    'load_dotenv|enable_dataframe_interchange|set_global_output_type|register_dataframe_accessor|excepthook' +
    ')$|^(plt|matplotlib\\.pyplot|mpl|matplotlib)\\.(style\\.use|use|switch_backend|ion|ioff)$|^(sns|seaborn)\\.set$|' +
    '^tqdm\\.pandas$|^logging\\.(disable|config\\.)|^locale\\.|^(alt|altair)\\.(themes|data_transformers|renderers)\\.enable$'
);
const SEED_CALL =
  /(^|\.)(manual_seed|manual_seed_all|set_random_seed|seed_everything|setstate)$|^(\w+\.)*random\.(seed|set_state)$|^seed$|^tf\.random\.set_seed$/;
/** The environment; `%env` is written with the import. */
const ENVIRON = /^((os|__import__\("os"\))\.)?environ$/;
/** Context managers that put the state back. */
const SCOPED =
  /catch_warnings|style\.context|rc_context|option_context|errstate|printoptions|localcontext|axes_style|plotting_context|config_context/;
const DYNAMIC = new Set(['exec', 'eval', 'globals', 'locals', 'vars']);
/** In a function's body `locals()` and `vars()` are its own. */
const BODY_DYNAMIC = new Set(['exec', 'eval', 'globals']);
const REFUSED = new Map([
  ['input', ['`input()` waits for a person; a stage runs without one.', 'Make the value a parameter.']],
  ['getpass', ['`getpass()` waits for a person; a stage runs without one.', 'Read the secret from the environment.']],
  [
    'getpass.getpass',
    ['`getpass()` waits for a person; a stage runs without one.', 'Read the secret from the environment.']
  ],
  ['breakpoint', ['`breakpoint()` stops for a person; a stage runs without one.', 'Remove it.']]
]);

function none(): Effects {
  return { state: false, seed: false, dynamic: false, refused: [], environ: [], environSet: [], chdir: null };
}

/** Effects of the code under `node` itself; bodies of functions and lambdas in it are left out. */
export function effectsOf(node: Py): Effects {
  const effects = none();
  visit(node, effects);
  return effects;
}

/** Effects of a function's body. */
export function bodyEffects(definition: Py): Effects {
  const effects = none();
  const body = definition.get('body');
  if (body !== undefined) {
    visit(body, effects);
  }
  return effects;
}

const ASSIGNMENTS = new Set(['assignment', 'augmented_assignment']);

/** `target`: the node stands where something is stored; "left" alone is also the first operand of `+`. */
function visit(node: Py, effects: Effects, target = false): void {
  if (node.type === 'function_definition' || node.type === 'lambda') {
    const params = node.get('parameters');
    if (params !== undefined) {
      visit(params, effects);
    }
    effects.dynamic ||= [...node.walk()].some(
      inner => inner.type === 'call' && BODY_DYNAMIC.has(dotted(inner.get('function')))
    );
    return;
  }
  if (node.type === 'with_statement' && SCOPED.test(node.kids[0]?.text ?? '')) {
    const { state } = effects;
    node.kids.forEach(kid => visit(kid, effects));
    effects.state = state;
    return;
  }
  if (node.type === 'call') {
    call(node, effects);
  } else if (node.type === 'import_from_statement') {
    importFrom(node, effects);
  } else if (node.type === 'subscript' && ENVIRON.test(node.get('value')?.text ?? '')) {
    const key = constantText(node.get('subscript'));
    if (!target) {
      effects.environ.push({ name: key ?? '*', row: node.row });
    } else {
      effects.state = true;
      effects.environSet.push(...(key === null ? [] : [key]));
    }
  }
  const stores = ASSIGNMENTS.has(node.type);
  const within = target && node.type !== 'subscript' && node.type !== 'attribute';
  node.kids.forEach(kid => visit(kid, effects, (stores && kid.field === 'left') || within));
}

function importFrom(node: Py, effects: Effects): void {
  if (node.kids.some(kid => kid.type === 'wildcard_import')) {
    effects.dynamic = true;
  }
  if (node.get('module_name')?.type === 'relative_import') {
    effects.refused.push({
      row: node.row,
      message: 'A relative import has no package to stand on in a notebook.',
      next: 'Import the module by its full name.'
    });
  }
}

function call(node: Py, effects: Effects): void {
  const callee = dotted(node.get('function'));
  const args = argumentsOf(node);
  const refused = REFUSED.get(callee);
  if (refused !== undefined) {
    effects.refused.push({ row: node.row, message: refused[0] ?? '', next: refused[1] ?? '' });
  }
  if (callee === 'os.chdir' || callee === 'chdir') {
    effects.chdir = { row: node.row, argument: args[0] };
  }
  if (DYNAMIC.has(callee) && !(callee === 'vars' && args.length > 0)) {
    effects.dynamic = true;
  }
  if (
    callee === 'get_ipython.run_line_magic' ||
    (callee === '' && /^get_ipython\(\)\.run_line_magic\("run"/.test(node.text))
  ) {
    effects.dynamic = true;
  }
  if (/^(os\.)?(getenv|environ\.get)$/.test(callee)) {
    effects.environ.push({ name: constantText(args[0]) ?? '*', row: node.row });
  }
  effects.environSet.push(...environSet(callee, args));
  effects.state ||=
    STATE_CALL.test(callee === '' ? `.${calleeName(node)}` : callee) ||
    /(^|__\("os"\)\.)environ\.(update|setdefault|pop|clear)$/.test(callee);
  effects.seed ||= SEED_CALL.test(callee);
}

/** Names that `os.environ.setdefault`, `os.environ.update` and `os.putenv` set. */
function environSet(callee: string, args: readonly Py[]): string[] {
  if (/(^|\.)environ\.setdefault$|^os\.putenv$/.test(callee)) {
    return [constantText(args[0])].filter(name => name !== null);
  }
  if (!/(^|\.)environ\.update$/.test(callee)) {
    return [];
  }
  return args
    .flatMap(arg => (arg.type === 'keyword_argument' ? arg.all('name') : arg.kids.flatMap(pair => pair.all('key'))))
    .map(name => (name.type === 'identifier' ? name.text : constantText(name)))
    .filter(name => name !== null);
}

/** Text of a string literal without interpolation, null for anything else. */
export function constantText(node: Py | undefined): string | null {
  if (node?.type !== 'string' || node.kids.some(kid => kid.type === 'interpolation')) {
    return null;
  }
  return node.kids
    .filter(kid => kid.type === 'string_content')
    .map(kid => kid.text)
    .join('');
}
