/**
 * Order of two strings by Unicode code point, as Python sorts. JavaScript's own order is by UTF-16 unit and puts
 * astral characters before U+E000–U+FFFF (spec/dvc-data.md §3.2).
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) {
      // A surrogate stands for a code point above every unit that is none.
      const leftRank = left >= 0xd800 && left <= 0xdfff ? left + 0x10000 : left;
      const rightRank = right >= 0xd800 && right <= 0xdfff ? right + 0x10000 : right;
      return leftRank - rightRank;
    }
  }
  return a.length - b.length;
}
