/** Waits until what is under way has been answered by a fake that answers at once. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 40; i += 1) {
    await Promise.resolve();
  }
}
