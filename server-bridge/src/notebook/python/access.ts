/** Which calls read and write files, in the libraries that `docs/files.md` lists (N23, N25). */
import { argumentsOf } from './calls.js';
import { constantText } from './effects.js';
import { calleeName, dotted } from './sharing.js';
import type { Py } from './tree.js';

/**
 * `check` asks whether there is such a file; a `database` is read, and written where the stage's statements say so;
 * `remove` takes it away.
 */
export type AccessMode = 'read' | 'write' | 'append' | 'update' | 'list' | 'check' | 'database' | 'remove';

export interface Access {
  mode: AccessMode;
  /** The expression that is the path. */
  path: Py;
  /** Added when the path has no ending of its own: `.npy` of `np.save`. */
  ending: string;
}

const FORMATS =
  'csv table fwf parquet json jsonl excel feather pickle hdf stata sas spss orc xml html latex markdown ndjson ipc avro file netcdf zarr string';
const WRITERS = new Set(FORMATS.split(' ').map(name => `to_${name}`));
const READERS = new Set(FORMATS.split(' ').map(name => `read_${name}`));
const POLARS_WRITERS = new Set(
  'csv parquet json ndjson ipc avro excel image html table'.split(' ').map(name => `write_${name}`)
);
const PATH_KEYS = [
  'filepath_or_buffer',
  'path',
  'path_or_buf',
  'io',
  'file',
  'filename',
  'fname',
  'source',
  'path_or_buffer',
  'where',
  'f',
  'fp',
  'uri',
  'excel_writer',
  'buf'
];

/** First positional argument: callee ending → how it is used. */
const FIRST = new Map<string, AccessMode>(
  Object.entries({
    'np.load': 'read',
    'numpy.load': 'read',
    'joblib.load': 'read',
    'torch.load': 'read',
    'np.loadtxt': 'read',
    'np.genfromtxt': 'read',
    'np.fromfile': 'read',
    'np.recfromcsv': 'read',
    'plt.imread': 'read',
    'mpimg.imread': 'read',
    'cv2.imread': 'read',
    'imageio.imread': 'read',
    'io.imread': 'read',
    'Image.open': 'read',
    'wave.open': 'read',
    loadmat: 'read',
    'wavfile.read': 'read',
    load_model: 'read',
    load_workbook: 'read',
    open_dataset: 'read',
    open_rasterio: 'read',
    'ET.parse': 'read',
    'etree.parse': 'read',
    'ElementTree.parse': 'read',
    'pq.ParquetFile': 'read',
    'pd.ExcelFile': 'read',
    dotenv_values: 'read',
    load_svmlight_file: 'read',
    scan_csv: 'read',
    scan_parquet: 'read',
    scan_ndjson: 'read',
    loadtxt: 'read',
    genfromtxt: 'read',
    fromfile: 'read',
    safe_open: 'read',
    load_file: 'read',
    read_model: 'read',
    'np.save': 'write',
    'np.savez': 'write',
    'np.savez_compressed': 'write',
    'np.savetxt': 'write',
    'numpy.save': 'write',
    'numpy.savez': 'write',
    'numpy.savez_compressed': 'write',
    'numpy.savetxt': 'write',
    'plt.imsave': 'write',
    'plt.savefig': 'write',
    'cv2.imwrite': 'write',
    'imageio.imwrite': 'write',
    'io.imsave': 'write',
    savemat: 'write',
    'wavfile.write': 'write',
    'pd.ExcelWriter': 'write',
    'pd.HDFStore': 'update',
    savefig: 'write',
    tofile: 'write',
    write_image: 'write',
    'os.listdir': 'list',
    'os.scandir': 'list',
    'os.walk': 'list',
    listdir: 'list',
    scandir: 'list',
    run_path: 'read',
    'sqlite3.connect': 'database',
    'duckdb.connect': 'database',
    create_engine: 'database',
    'os.path.exists': 'check',
    'path.exists': 'check',
    'os.path.isfile': 'check',
    'os.path.isdir': 'check',
    'os.path.lexists': 'check',
    isfile: 'check',
    isdir: 'check',
    'os.remove': 'remove',
    'os.unlink': 'remove',
    'shutil.rmtree': 'remove'
  })
);

/** Second positional argument. */
const SECOND = new Map<string, AccessMode>(
  Object.entries({
    'joblib.dump': 'write',
    'torch.save': 'write',
    'pq.write_table': 'write',
    write_table: 'write',
    'feather.write_feather': 'write',
    write_feather: 'write',
    save_npz: 'write',
    save_file: 'write',
    urlretrieve: 'write',
    'wget.download': 'write',
    'gdown.download': 'write'
  })
);

const OPENERS =
  /^(open|io\.open|codecs\.open|gzip\.open|bz2\.open|lzma\.open|zipfile\.ZipFile|ZipFile|tarfile\.open|h5py\.File|fsspec\.open|xopen|gzip\.GzipFile)$/;
const COPIERS = /^(shutil\.)?(copy|copyfile|copy2|copytree)$/;
const MOVERS = /^(shutil\.move|os\.rename|os\.replace)$/;

const known = new WeakMap<Py, readonly Access[]>();

/** Files that this call reads or writes, as its text says. */
export function accesses(call: Py): readonly Access[] {
  const found = known.get(call) ?? accessesOf(call);
  known.set(call, found);
  return found;
}

function accessesOf(call: Py): Access[] {
  const callee = dotted(call.get('function'));
  const name = calleeName(call);
  const args = argumentsOf(call);
  const object = call.get('function')?.type === 'attribute' ? call.get('function')?.get('object') : undefined;
  const first = positional(args, 0) ?? keyword(args, PATH_KEYS);
  const at = (mode: AccessMode, path: Py | undefined, ending = ''): Access[] =>
    path === undefined ? [] : [{ mode, path, ending }];

  if (OPENERS.test(callee)) {
    return at(openMode(positional(args, 1) ?? keyword(args, ['mode'])), first);
  }
  if (/^(np|numpy)\.memmap$|(^|\.)open_memmap$/.test(callee)) {
    const mode = constantText(positional(args, name === 'memmap' ? 2 : 1) ?? keyword(args, ['mode']));
    return at(mode === 'w+' ? 'write' : mode === 'r+' ? 'update' : 'read', first);
  }
  if (COPIERS.test(callee) && object !== undefined) {
    return [...at('read', first), ...at('write', positional(args, 1) ?? keyword(args, ['dst']))];
  }
  if (MOVERS.test(callee)) {
    return [...at('update', first), ...at('write', positional(args, 1) ?? keyword(args, ['dst']))];
  }
  if (name === 'run_path' && first?.type === 'string') {
    // The modules of the stage hold it.
    return [];
  }
  const single = FIRST.get(callee) ?? FIRST.get(callee.split('.').slice(-2).join('.')) ?? FIRST.get(name);
  if (single !== undefined) {
    return at(single, first, endingOf(name));
  }
  const second = SECOND.get(callee) ?? SECOND.get(name);
  if (second !== undefined) {
    return at(second, positional(args, 1) ?? keyword(args, [...PATH_KEYS, 'out', 'output']));
  }
  if (object === undefined) {
    return READERS.has(name) ? at('read', first) : [];
  }
  if (/^read_sql(_query|_table)?$/.test(name)) {
    return at('database', positional(args, 1) ?? keyword(args, ['con']));
  }
  if (READERS.has(name) || /^(imread|load_array)$/.test(name)) {
    return at('read', first);
  }
  if (WRITERS.has(name) || POLARS_WRITERS.has(name)) {
    const append = constantText(keyword(args, ['mode'])) === 'a';
    return at(append ? 'append' : 'write', first);
  }
  return objectAccess(name, object, args);
}

/** Methods of a path: the path is what stands before the dot. */
function objectAccess(name: string, object: Py, args: Py[]): Access[] {
  const on = (mode: AccessMode): Access[] => [{ mode, path: object, ending: '' }];
  switch (name) {
    case 'exists':
    case 'is_file':
    case 'is_dir':
      return args.length === 0 ? on('check') : [{ mode: 'check', path: args[0] ?? object, ending: '' }];
    case 'read_text':
    case 'read_bytes':
      return on('read');
    case 'write_text':
    case 'write_bytes':
    case 'touch':
      return on('write');
    case 'unlink':
      return on('remove');
    case 'open':
      return on(openMode(positional(args, 0) ?? keyword(args, ['mode'])));
    case 'iterdir':
    case 'glob':
    case 'rglob':
      return dotted(object) === 'glob' ? globAccess(args) : on('list');
    case 'iglob':
      return globAccess(args);
    case 'dump':
      return /^(json|pickle|yaml|dill|cloudpickle|toml|tomli_w|marshal)$/.test(dotted(object)) ? [] : savedTo(args);
    case 'save':
    case 'write_html':
    case 'write_json':
    case 'save_model':
    case 'save_weights':
      return positional(args, 0) === undefined
        ? []
        : [{ mode: 'write', path: positional(args, 0) ?? object, ending: '' }];
    default:
      return [];
  }
}

function savedTo(args: Py[]): Access[] {
  const path = positional(args, 0);
  return path === undefined ? [] : [{ mode: 'write', path, ending: '' }];
}

/** `glob.glob('data/*.csv')` lists the folder before the first wildcard. */
function globAccess(args: Py[]): Access[] {
  const pattern = positional(args, 0) ?? keyword(args, ['pathname']);
  return pattern === undefined ? [] : [{ mode: 'list', path: pattern, ending: '' }];
}

function endingOf(name: string): string {
  return name === 'save'
    ? '.npy'
    : name === 'savez' || name === 'savez_compressed'
      ? '.npz'
      : name === 'savefig'
        ? '.png'
        : '';
}

function openMode(mode: Py | undefined): AccessMode {
  if (mode === undefined) {
    return 'read';
  }
  const text = constantText(mode);
  if (text === null) {
    return 'read';
  }
  if (text.startsWith('a')) {
    return 'append';
  }
  if (text.includes('+')) {
    return text.startsWith('w') || text.startsWith('x') ? 'write' : 'update';
  }
  return /^[wx]/.test(text) ? 'write' : 'read';
}

function positional(args: Py[], index: number): Py | undefined {
  const found = args.filter(arg => arg.type !== 'keyword_argument')[index];
  return found?.type === 'list_splat' ? undefined : found;
}

function keyword(args: Py[], names: string[]): Py | undefined {
  return args.find(arg => arg.type === 'keyword_argument' && names.includes(arg.get('name')?.text ?? ''))?.get('value');
}
