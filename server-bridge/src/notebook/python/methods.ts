/** What well-known methods and functions do to their objects (N35). */

/** Methods that change the object they are called on. */
export const MUTATING_METHODS = new Set(
  `append extend insert remove pop popitem clear sort reverse update setdefault add discard difference_update
   intersection_update symmetric_difference_update appendleft popleft extendleft rotate move_to_end subtract
   fit fit_transform fit_predict fit_resample partial_fit set_params warm_start train_on_batch load_state_dict step
   zero_grad backward requires_grad_ fill resize itemset partition setfield setflags byteswap put write writelines
   writerow writerows writestr writeheader seek truncate read readline readlines send throw close put_nowait get_nowait
   add_argument add_node add_edge add_nodes_from add_edges_from remove_node remove_edge add_column add_row
   add_step add_module register_buffer register_parameter register_hook set_value set_state
   __setitem__ __delitem__ __setattr__ __delattr__ __iadd__ __ior__`
    .split(/\s+/)
    .filter(Boolean)
);

/** Mutating methods that put their arguments into the object. */
export const CONTAINING_METHODS = new Set(
  'append appendleft insert extend extendleft add update setdefault put put_nowait add_node add_step add_module __setitem__'.split(
    ' '
  )
);

/** Methods of containers that change the container alone, not what is in it. */
export const CONTAINER_METHODS = new Set(
  `append appendleft extend extendleft insert remove pop popleft popitem clear sort reverse rotate update setdefault add
   discard move_to_end subtract difference_update intersection_update symmetric_difference_update`
    .split(/\s+/)
    .filter(Boolean)
);

/** Methods that change a container which a module or class holds, such as `sys.path.append` (N17). */
export const STATE_METHODS = new Set(
  'append extend insert remove pop clear update setdefault add discard sort reverse'.split(' ')
);

/** Methods of random generators: drawing is a mutation (N46). Methods of these names on other objects are pure. */
export const DRAW_METHODS = new Set(
  `random randint randrange choice choices shuffle sample uniform normal normalvariate gauss standard_normal integers
   permutation permuted binomial poisson exponential beta gamma dirichlet multinomial multivariate_normal lognormal
   geometric laplace logistic pareto power rayleigh triangular vonmises wald weibull zipf chisquare bytes rand randn
   random_sample betavariate expovariate gammavariate lognormvariate vonmisesvariate paretovariate weibullvariate
   getrandbits randbytes seed setstate jumpahead spawn`
    .split(/\s+/)
    .filter(Boolean)
);

/** Constructors of random generators. */
export const GENERATORS = new Set(['default_rng', 'RandomState', 'Random', 'Generator', 'PCG64', 'MT19937', 'Philox']);

/** Functions that change an argument: dotted ending → positions of the changed arguments. */
export const MUTATING_CALLS = new Map<string, number[]>([
  ['random.shuffle', [0]],
  ['shuffle', [0]],
  ['heapq.heappush', [0]],
  ['heappush', [0]],
  ['heapq.heappop', [0]],
  ['heappop', [0]],
  ['heapq.heapify', [0]],
  ['heapify', [0]],
  ['heapreplace', [0]],
  ['heappushpop', [0]],
  ['bisect.insort', [0]],
  ['insort', [0]],
  ['insort_left', [0]],
  ['insort_right', [0]],
  ['setattr', [0]],
  ['delattr', [0]],
  ['next', [0]],
  ['copyto', [0]],
  ['put', [0]],
  ['place', [0]],
  ['putmask', [0]],
  ['fill_diagonal', [0]],
  ['put_along_axis', [0]],
  ['operator.setitem', [0]],
  ['operator.delitem', [0]],
  ['operator.iadd', [0]]
]);

/** Attributes that hold plain facts, never a part that could be changed in place. */
export const PLAIN_ATTRIBUTES = new Set([
  'shape',
  'size',
  'ndim',
  'dtype',
  'name',
  'itemsize',
  'nbytes',
  'empty',
  'columns',
  'dtypes',
  '__name__'
]);

/** Methods whose result may be a part or a view of the object. */
export const VIEW_METHODS = new Set(
  `get setdefault pop popitem values items keys reshape view ravel squeeze transpose swapaxes diagonal
   most_common __getitem__ steps named_steps parameters modules children`
    .split(/\s+/)
    .filter(Boolean)
);

/** Functions whose result may hold or be their arguments. */
export const VIEW_FUNCTIONS = new Set(
  `list tuple set dict frozenset sorted reversed enumerate zip iter next map filter vars getattr min max asarray
   ascontiguousarray atleast_1d atleast_2d ravel squeeze reshape transpose cast chain islice cycle copy.copy
   defaultdict OrderedDict deque partial make_pipeline make_union make_column_transformer SimpleNamespace namedtuple`
    .split(/\s+/)
    .filter(Boolean)
);

/** What writes to its first argument and leaves the others, such as the names of columns, as they are. */
export const FILE_WRITERS = new Set(['DictWriter', 'csv.writer']);

/** Constructors that copy what they are given. */
export const COPYING = new Set(
  'DataFrame Series Index Path PurePath PosixPath Decimal Fraction Counter Timestamp Timedelta DatetimeIndex Categorical'.split(
    ' '
  )
);
