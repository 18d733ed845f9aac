import { compareWithDvc } from './compare.js';

compareWithDvc('repro');
