import type { Scenario } from '../scenario.js';
import { add } from './add.js';
import { checkout } from './checkout.js';
import { config, init, root, version } from './init.js';
import { layouts } from './layouts.js';
import { repro } from './repro.js';
import { reproCorners } from './repro-corners.js';
import { status } from './status.js';

export const scenarios: Scenario[] = [
  ...init,
  ...root,
  ...version,
  ...config,
  ...add,
  ...checkout,
  ...status,
  ...repro,
  ...reproCorners,
  ...layouts
];
