/** What a top-level statement is to the slice: import, definition, constant, or something that acts (N13–N16). */
import { calleeName, dotted } from './sharing.js';
import { importNames } from './names.js';
import type { Py } from './tree.js';

export type StatementKind = 'import' | 'definition' | 'constant' | 'empty' | 'other';

export interface Kind {
  kind: StatementKind;
  /** It does more than bind its names: it must run in every later stage (N15, N16). */
  act: boolean;
  /** Bases of a class that may register it, unless they are classes of the notebook (N15). */
  bases: string[];
  /** A constant whose value cannot be changed in place, or a lambda. */
  immutable: boolean;
  /** It makes a random generator (N46). */
  generator: boolean;
}

const PURE_DECORATORS = new Set(
  `dataclass lru_cache cache cached_property property staticmethod classmethod abstractmethod total_ordering wraps
   contextmanager asynccontextmanager njit jit vectorize guvectorize no_grad inference_mode overload final override
   singledispatch runtime_checkable unique setter getter deleter deprecated define frozen attrs s timeit`
    .split(/\s+/)
    .filter(Boolean)
);

const PURE_BASES = new Set(
  `object Exception ValueError TypeError KeyError RuntimeError ABC Generic Protocol NamedTuple TypedDict Enum IntEnum StrEnum
   Flag IntFlag dict list tuple set str int float BaseEstimator TransformerMixin ClassifierMixin RegressorMixin ClusterMixin
   Module Dataset IterableDataset Sampler LightningModule LightningDataModule Layer Model Callback JSONEncoder Thread
   UserDict UserList OrderedDict defaultdict Counter BaseModel Formatter Handler Filter TestCase Mapping Sequence
   MutableMapping Iterable Iterator Callable Hashable Warning UserWarning ArithmeticError LookupError OSError`
    .split(/\s+/)
    .filter(Boolean)
);

const PURE_CALLS = new Set(
  `Path PurePath PosixPath frozenset tuple list dict set range slice str int float bool complex bytes len abs min max sum
   round sorted zip enumerate namedtuple TypeVar NewType ParamSpec Enum IntEnum partial re.compile timedelta Decimal
   Fraction os.path.join os.path.dirname os.path.basename itemgetter attrgetter methodcaller date datetime defaultdict
   OrderedDict Counter SimpleNamespace make_dataclass`
    .split(/\s+/)
    .filter(Boolean)
);
const FIXED_CALLS = new Set(
  `Path PurePath PosixPath frozenset range slice str int float bool complex bytes len abs sum round namedtuple TypeVar
   NewType ParamSpec Enum IntEnum partial compile timedelta Decimal Fraction join dirname basename itemgetter attrgetter
   methodcaller date datetime make_dataclass`
    .split(/\s+/)
    .filter(Boolean)
);

const NONE: Kind = { kind: 'other', act: true, bases: [], immutable: false, generator: false };

export function kindOf(statement: Py, generators: ReadonlySet<string>): Kind {
  switch (statement.type) {
    case 'import_statement':
    case 'import_from_statement':
      return importNames(statement).includes('*') ? NONE : { ...NONE, kind: 'import', act: false };
    case 'future_import_statement':
      return { ...NONE, kind: 'import', act: false };
    case 'function_definition':
      return { ...NONE, kind: 'definition', act: false, immutable: true };
    case 'class_definition':
      return { ...NONE, kind: 'definition', act: hooks(statement), bases: unknownBases(statement), immutable: true };
    case 'decorated_definition': {
      const inner = statement.get('definition');
      const pure = statement.kids.every(kid => kid.type !== 'decorator' || pureDecorator(kid));
      const made = inner?.type === 'class_definition' ? inner : undefined;
      const act = !pure || (made !== undefined && hooks(made));
      return { ...NONE, kind: 'definition', act, bases: made === undefined ? [] : unknownBases(made), immutable: true };
    }
    case 'pass_statement':
      return { ...NONE, kind: 'empty', act: false };
    case 'expression_statement':
      return expressionKind(statement, generators);
    default:
      return NONE;
  }
}

function expressionKind(statement: Py, generators: ReadonlySet<string>): Kind {
  const only = statement.kids.length === 1 ? statement.kids[0] : undefined;
  if (only === undefined) {
    return NONE;
  }
  if (['string', 'integer', 'float', 'none', 'true', 'false', 'ellipsis', 'identifier'].includes(only.type)) {
    return only.type === 'string' && only.kids.some(kid => kid.type === 'interpolation')
      ? NONE
      : { ...NONE, kind: 'empty', act: false };
  }
  const value = only.type === 'assignment' ? only.get('right') : undefined;
  const target = only.type === 'assignment' ? only.get('left') : undefined;
  if (value === undefined || target?.type !== 'identifier') {
    return NONE;
  }
  const generator = value.type === 'call' && generators.has(calleeName(value));
  if (!isPure(value)) {
    return { ...NONE, generator };
  }
  return { ...NONE, kind: 'constant', act: false, immutable: isFixed(value), generator };
}

function pureDecorator(decorator: Py): boolean {
  const inner = decorator.kids[0];
  const path = inner?.type === 'call' ? dotted(inner.get('function')) : dotted(inner);
  return PURE_DECORATORS.has(path.split('.').at(-1) ?? '');
}

/** A metaclass, class keywords or a subclass hook: making such a class, or a subclass of it, does something. */
export function hooks(node: Py): boolean {
  const hook = [...node.walk()].some(
    kid => kid.type === 'function_definition' && kid.get('name')?.text === '__init_subclass__'
  );
  return hook || (node.get('superclasses')?.kids ?? []).some(base => base.type === 'keyword_argument');
}

function unknownBases(node: Py): string[] {
  return (node.get('superclasses')?.kids ?? []).map(baseName).filter(name => !PURE_BASES.has(name));
}

function baseName(base: Py): string {
  const path = base.type === 'subscript' ? dotted(base.get('value')) : dotted(base);
  return path.split('.').at(-1) ?? '';
}

const PLAIN = new Set([
  'integer',
  'float',
  'true',
  'false',
  'none',
  'ellipsis',
  'string_start',
  'string_content',
  'string_end'
]);
const COMPOSED = new Set(
  `string concatenated_string interpolation format_specifier format_expression type_conversion unary_operator binary_operator
   boolean_operator not_operator comparison_operator conditional_expression parenthesized_expression tuple list set dictionary
   pair list_splat dictionary_splat escape_sequence escape_interpolation keyword_argument argument_list expression_list`
    .split(/\s+/)
    .filter(Boolean)
);

/** Evaluating it has no effect and needs nothing but names. */
function isPure(node: Py): boolean {
  if (PLAIN.has(node.type) || node.type === 'identifier' || node.type === 'lambda') {
    return true;
  }
  if (node.type === 'attribute') {
    return dotted(node) !== '';
  }
  if (node.type === 'keyword_argument') {
    return node.all('value').every(isPure);
  }
  if (node.type === 'call') {
    const callee = dotted(node.get('function'));
    const pure =
      PURE_CALLS.has(callee) ||
      PURE_CALLS.has(callee.split('.').slice(-2).join('.')) ||
      /^(pathlib|datetime|collections|functools|operator|typing|decimal)\.\w+$/.test(callee);
    return pure && (node.get('arguments')?.kids ?? []).every(isPure);
  }
  return COMPOSED.has(node.type) && node.kids.every(isPure);
}

/** Nothing in the value can be changed in place; names count as fixed here and are checked where they are bound. */
function isFixed(node: Py): boolean {
  if (['list', 'set', 'dictionary'].includes(node.type)) {
    return false;
  }
  if (node.type === 'call') {
    return FIXED_CALLS.has(calleeName(node));
  }
  return node.type === 'lambda' || PLAIN.has(node.type) || node.kids.every(isFixed);
}
