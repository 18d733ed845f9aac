/** Version of the wire contract; browser and bridge refuse each other on a mismatch (checked by `hello`). */
export const PROTOCOL_VERSION = 1;

/** Number of the compiler that writes `meta.cellar.compiler` (N8). */
export const COMPILER_VERSION = 1;

/** Number of the runner's semantics, raised when results could differ (N47). */
export const RUNNER_SEMANTICS = 1;
