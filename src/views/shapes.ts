/** One stroke or filled shape of an icon on a grid of 16 by 16. */
export interface IShape {
  readonly d: string;
  /** Filled with the icon's colour instead of drawn as a line. */
  readonly fill?: boolean;
  /** Drawn in the colour of the ground, over a filled shape. */
  readonly ground?: boolean;
  readonly dashed?: boolean;
}

const ring = (r: number): string => `M8 ${8 - r}a${r} ${r} 0 1 1 0 ${2 * r}a${r} ${r} 0 1 1 0 ${-2 * r}z`;
const dot = (x: number, y: number, r: number): string =>
  `M${x} ${y - r}a${r} ${r} 0 1 1 0 ${2 * r}a${r} ${r} 0 1 1 0 ${-2 * r}z`;

/** Every icon of Cellar by name; the first block are the states (N49), each with a shape of its own. */
export const SHAPES = {
  checking: [{ d: ring(5.5) }],
  fresh: [{ d: ring(6) }, { d: 'M5.3 8.3 7.2 10.2 10.8 6' }],
  stale: [{ d: 'M8 2.3 13.7 8 8 13.7 2.3 8z', fill: true }],
  pending: [{ d: 'M8 2.6 13.4 8 8 13.4 2.6 8z' }],
  available: [{ d: 'M8 2.2v7.3M4.8 6.4 8 9.6l3.2-3.2M3 13.3h10' }],
  queued: [{ d: 'M8 2.2A5.8 5.8 0 1 1 2.2 8' }, { d: dot(8, 8, 1.6), fill: true }],
  running: [{ d: 'M8 2.2A5.8 5.8 0 1 1 2.2 8' }, { d: dot(8, 8, 1.6), fill: true }],
  failed: [
    { d: 'M5.3 1.6h5.4l3.7 3.7v5.4l-3.7 3.7H5.3l-3.7-3.7V5.3z', fill: true },
    { d: 'M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6', ground: true }
  ],
  blocked: [{ d: ring(5.9) }, { d: 'M4 12l8-8' }],
  'undeclared reads': [{ d: 'M8 2.4 14 13H2z' }, { d: 'M8 6.6v2.8M8 11.2v.1' }],
  frozen: [{ d: 'M8 1.8v12.4M2.6 4.9l10.8 6.2M13.4 4.9 2.6 11.1' }],
  always: [{ d: 'M12.9 6.2A5.2 5.2 0 0 0 3.5 5M3.1 9.8a5.2 5.2 0 0 0 9.4 1.2M13 2.8v3.4H9.6M3 13.2V9.8h3.4' }],
  live: [{ d: ring(5.4) }, { d: 'M8 2.6a5.4 5.4 0 0 1 0 10.8z', fill: true }],
  setup: [
    {
      d: 'M6 2.4c-1.8 0-2 .8-2 2.2S4 7.3 2.4 8C4 8.7 4 9.9 4 11.4s.2 2.2 2 2.2M10 2.4c1.8 0 2 .8 2 2.2s0 2.7 1.6 3.4c-1.6.7-1.6 1.9-1.6 3.4s-.2 2.2-2 2.2'
    }
  ],
  params: [{ d: 'M2 4.5h6.2m3.6 0H14M2 11.5h2.2m3.6 0H14' }, { d: dot(10, 4.5, 1.7) }, { d: dot(6, 11.5, 1.7) }],
  exclude: [{ d: 'M2.5 4h11M2.5 8h11M2.5 12h6', dashed: true }],
  tag: [{ d: 'M2.5 2.5h5.3l5.7 5.7-5.3 5.3-5.7-5.7z' }, { d: dot(5.4, 5.4, 0.9), fill: true }],
  reproduce: [
    { d: 'M13.4 8A5.4 5.4 0 1 1 8 2.6c1.7 0 3.1.7 4.1 1.9M12.4 1.7v3H9.4' },
    { d: 'M6.7 5.7 10.4 8l-3.7 2.3z', fill: true }
  ],
  stop: [{ d: 'M4 4h8v8H4z', fill: true }],
  branch: [
    { d: dot(4.5, 3.5, 1.6) },
    { d: dot(4.5, 12.5, 1.6) },
    { d: dot(11.5, 5.5, 1.6) },
    { d: 'M4.5 5.2v5.6M11.5 7.2c0 2.7-4.8 1.8-6.8 3.8' }
  ],
  file: [{ d: 'M3.5 1.8h5.7l3.3 3.3v9.1h-9zM9 2v3.3h3.3' }],
  module: [{ d: 'M3.5 1.8h9v12.4h-9zM6 5h4M6 8h4M6 11h2.5' }],
  variable: [{ d: 'M4 2.6C2.1 6 2.1 10 4 13.4M12 2.6c1.9 3.4 1.9 7.4 0 10.8M6 5.8l4 4.4m0-4.4-4 4.4' }],
  metric: [{ d: 'M3.2 13V8.5M8 13V3M12.8 13V6' }],
  plot: [{ d: 'M2.5 2.5v11h11M5 10l3-3.5 2 1.8 3-4' }],
  plus: [{ d: 'M8 3v10M3 8h10' }],
  close: [{ d: 'M4 4l8 8m0-8-8 8' }],
  undo: [{ d: 'M3 3.5v3.8h3.8M3.3 7A5.2 5.2 0 1 1 3 9.4' }],
  chevron: [{ d: 'M4.5 6.5 8 10l3.5-3.5' }],
  refresh: [{ d: 'M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3' }],
  lock: [{ d: 'M3.5 7h9v6.8h-9zM5.3 7V4.9a2.7 2.7 0 0 1 5.4 0V7' }],
  warning: [{ d: 'M8 2.4 14 13H2z' }, { d: 'M8 6.6v2.8M8 11.2v.1' }],
  hint: [{ d: ring(5.8) }, { d: 'M8 7.2v4M8 4.8v.1' }],
  cellar: [{ d: 'M2.2 13.8V7.8a5.8 5.8 0 0 1 11.6 0v6z' }, { d: 'M2.2 8h11.6M2.2 10.9h11.6' }]
} as const satisfies Record<string, readonly IShape[]>;

export type ShapeName = keyof typeof SHAPES;
