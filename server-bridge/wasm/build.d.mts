/** The compiled kernel. */
export function compile(): Promise<Buffer>;
